import { readdir, readFile } from 'node:fs/promises';

const pageBytes = 4096;

/**
 * Bytes of memory that a process and those it started hold, as Linux counts resident pages; 0 where
 * it has ended, or the system has no /proc.
 */
export async function processMemory(pid: number): Promise<number> {
  const own = await residentBytes(pid);
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(processMemory));
  return below.reduce((sum, bytes) => sum + bytes, own);
}

async function residentBytes(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * pageBytes;
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''),
    ),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
