import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files that a page is made of, by their paths on the server. */
const assets = new URL('../../../assets/pick/', import.meta.url);
const pageFiles: Readonly<Record<string, string>> = {
  '/page.css': 'text/css; charset=utf-8',
  '/icon.svg': 'image/svg+xml',
  '/page.js': 'text/javascript; charset=utf-8',
  '/api.js': 'text/javascript; charset=utf-8',
  '/stage.js': 'text/javascript; charset=utf-8',
  '/side.js': 'text/javascript; charset=utf-8',
};

/** Modules that the page shares with the rest of roto. */
const sharedModules = ['mask-key', 'view-geometry'] as const;

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** The page itself, which says nothing of the clip. */
export function readPage(): Promise<string> {
  return readFile(new URL('index.html', assets), 'utf8');
}

/** A file of the page; undefined where there is none of this path. */
export async function readPageFile(path: string): Promise<PageFile | undefined> {
  const shared = sharedModules.find((name) => path === `/${name}.js`);
  if (shared !== undefined) {
    return { type: 'text/javascript; charset=utf-8', body: await readModule(shared) };
  }
  const type = Object.hasOwn(pageFiles, path) ? pageFiles[path] : undefined;
  if (type === undefined) return undefined;
  return { type, body: await readFile(new URL(`.${path}`, assets), 'utf8') };
}

/** A module of ours as browsers read it: where roto runs from its sources, without its types. */
async function readModule(name: string): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  const text = await readFile(new URL(`../${name}${extname(here)}`, import.meta.url), 'utf8');
  return extname(here) === '.ts' ? stripTypeScriptTypes(text) : text;
}
