import { describe, expect, it } from 'vitest';
import { commandEntries, loadCommandSpecs } from '../src/commands/command-list.ts';
import { isGroup } from '../src/commands/command-spec.ts';
import { exitCodes } from '../src/errors/exit-codes.ts';
import { helpTopics } from '../src/help/topics.ts';
import { main } from '../src/main.ts';
import { version } from '../src/version.ts';
import { createFakeIo, KeptStream } from './support/fake-io.ts';
import { runRoto } from './support/run-roto.ts';

const roto = (line: string | string[]) => runRoto(line, '/shots');

describe('help', () => {
  it('prints the version', async () => {
    expect(await roto('--version')).toMatchObject({ status: 0, out: `${version}\n`, err: '' });
  });

  it.each(['--help', 'help', 'help mask', 'mask --help', 'help exit-codes', 'help cache list'])(
    'prints help on stdout and ends well for roto %s',
    async (line) => {
      const { status, out, err } = await roto(line);
      expect(status).toBe(0);
      expect(err).toBe('');
      expect(out.length).toBeGreaterThan(100);
    },
  );

  it('shows every command, and the same page by both ways', async () => {
    const { out } = await roto('help');
    for (const { name } of commandEntries) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect((await roto(`help ${name}`)).out).toBe((await roto(`${name} --help`)).out);
    }
  });

  it('lists every command by the name and the summary that its spec has', async () => {
    const listed = commandEntries.map(({ name, summary }) => ({ name, summary }));
    const specs = await loadCommandSpecs();
    expect(listed).toEqual(specs.map(({ name, summary }) => ({ name, summary })));
  });

  it('lists every exit status once', async () => {
    const { out } = await roto('help exit-codes');
    for (const { status, meaning } of Object.values(exitCodes)) {
      const line = out.split('\n').filter((text) => Number.parseInt(text, 10) === status);
      expect(line).toHaveLength(1);
      expect(line[0]).toContain(meaning);
    }
  });

  it('of every command and topic is at most 80 columns wide, examples too', async () => {
    const commands = (await loadCommandSpecs()).flatMap((spec) =>
      isGroup(spec) ? spec.commands.map(({ name }) => `${spec.name} ${name}`) : [spec.name],
    );
    for (const page of ['', ...commands, ...helpTopics.map(({ name }) => name)]) {
      const { out } = await roto(`help ${page}`);
      const wide = out.split('\n').filter((line) => line.length > 80);
      expect([page, wide]).toEqual([page, []]);
    }
  });

  it('stays inside a narrower terminal', async () => {
    const io = createFakeIo({ stdout: new KeptStream({ isTTY: true, columns: 72 }) });
    await main(['help', 'doctor'], io);
    const widest = Math.max(...io.stdout.text.split('\n').map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(72);
  });
});

it.each([
  'roto',
  'roto mask',
  'roto preview',
  'roto greenscreen',
  'roto export',
  'roto cache clear',
  'roto help prompts',
  'roto help formats',
  'roto help exit-codes',
])('keeps the help of %s as it was read and approved', async (line) => {
  const [, ...words] = line.split(' ');
  const page = words[0] === 'help' ? words : ['help', ...words];
  const { out } = await roto(page);
  expect(out).toMatchSnapshot();
});
