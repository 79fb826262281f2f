import { join } from 'node:path';
import {
  ErrorDocument,
  ImportedDocument,
  ModelPathDocument,
  ModelsDocument,
  PulledDocument,
  RemovedDocument,
  RotoError,
  VerifiedDocument,
} from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import { main } from '../src/main.ts';
import { createFakeBackend, type FakeBackendOptions } from './support/fake-backend.ts';
import { createFakeIo, KeptStream } from './support/fake-io.ts';
import { runRoto } from './support/run-roto.ts';

const roto = (line: string | string[], options?: FakeBackendOptions) =>
  runRoto(line, '/shots', options);

describe('roto models', () => {
  it.each([
    ['models list --json', ModelsDocument],
    ['models pull sam2.1-tiny sam2.1-small --json', PulledDocument],
    ['models verify --json', VerifiedDocument],
    ['models import a.pt --name mine --json', ImportedDocument],
    ['models remove sam2.1-tiny --json', RemovedDocument],
    ['models path --json', ModelPathDocument],
    ['models path sam2.1-tiny --json', ModelPathDocument],
  ])('prints one document for roto %s', async (line, schema) => {
    const { status, out } = await roto(line);
    expect(status).toBe(0);
    const printed: unknown = JSON.parse(out);
    expect(schema.parse(printed)).toEqual(printed);
  });

  it('lists what is installed and what is not, with where it comes from', async () => {
    const { out } = await roto('models list');
    expect(out).toContain('mobilesam  lite engine, 44 MB, installed\n');
    expect(out).toContain('sam2.1-tiny  sam2 engine, 156 MB, not installed\n');
    expect(out).toContain('  from     https://example.com/sam2.pt\n');
  });

  it('pulls with a line every 10 % on stderr, and says where the file is', async () => {
    const { out, err } = await roto('models pull sam2.1-tiny');
    expect(out).toBe('sam2.1-tiny  pulled, 156 MB  /models/sam2.1-tiny/it.pt\n');
    const lines = err.trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[1]).toMatch(/^sam2\.1-tiny 10 % \(16 MB of 156 MB, another process fetches it\)$/);
    expect(lines[9]).toMatch(/^sam2\.1-tiny 90 % \(140 MB of 156 MB, .*\/s, .* left\)$/);
    expect(lines[10]).toBe('sam2.1-tiny 100 % (156 MB of 156 MB)');
    expect((await roto('models pull sam2.1-tiny --quiet')).err).toBe('');
  });

  it('draws one line again before a terminal, and ends it before an error', async () => {
    const io = createFakeIo({ stderr: new KeptStream({ isTTY: true }), env: { TERM: 'xterm' } });
    await main(['models', 'pull', 'sam2.1-tiny'], io, {
      loadBackend: () => Promise.resolve(createFakeBackend()),
    });
    expect(io.stderr.text.split('\n')).toHaveLength(2);
    expect(io.stderr.plain).toMatch(/100 % \(156 MB of 156 MB\)\n$/);
  });

  it('verifies what is installed where no model is named', async () => {
    expect((await roto('models verify')).out).toBe('mobilesam  abc123  /models/mobilesam\n');
    expect((await roto('models verify a b')).out).toMatch(/^a {2}.*\nb {2}.*\n$/);
  });

  it('imports from a path that starts where the command runs, under a name', async () => {
    const backend = createFakeBackend();
    const argv = ['models', 'import', 'my model.pt', '--as', 'sam2.1-tiny', '--name', 'mine'];
    const io = createFakeIo({ cwd: '/shots' });
    await main(argv, io, { loadBackend: () => Promise.resolve(backend) });
    expect(backend.calls).toMatchObject([
      {
        name: 'import',
        file: join('/shots', 'my model.pt'),
        options: { as: 'sam2.1-tiny', name: 'mine', signal: io.signal },
      },
    ]);
    expect(io.stdout.text).toContain('mine  sam2 engine, sam2.1-tiny, 156 MB, installed\n');
    expect(io.stdout.text).toContain('  licence  NOASSERTION\n');
  });

  it('prints a path and nothing else for scripts', async () => {
    expect((await roto('models path sam2.1-tiny')).out).toBe('/models/sam2.1-tiny/it.pt\n');
    expect((await roto('models path')).out).toBe('/models\n');
  });

  it('removes several models at once', async () => {
    expect((await roto('models remove a b')).out).toBe('a  removed, 156 MB\nb  removed, 156 MB\n');
  });

  it.each(['pull', 'import', 'remove'])('needs to be told what to %s', async (command) => {
    const { status, out } = await roto(`models ${command} --json`);
    expect(status).toBe(2);
    expect(ErrorDocument.parse(JSON.parse(out)).error.code).toBe('invalid_argument');
  });

  it.each([
    ['models pull sam2.1-tiny', 'network_failed', 5],
    ['models verify sam2.1-tiny', 'model_corrupt', 6],
    ['models import a.pt', 'model_unsupported', 6],
    ['models path sam2.1-tiny', 'model_missing', 6],
  ] as const)('ends roto %s by %s with status %d', async (line, code, status) => {
    const fails = new RotoError(code, 'It did not work.', { hint: 'Do this.' });
    const failed = await roto(line, { fails });
    expect(failed).toMatchObject({ status, out: '' });
    expect(failed.err).toContain('It did not work.\n      Do this.\n');
  });

  it('names the flag an import failed by', async () => {
    const fails = new RotoError('model_unsupported', 'It is another one.', { param: 'as' });
    const { out } = await roto('models import a.pt --as sam2.1-large --json', { fails });
    expect(ErrorDocument.parse(JSON.parse(out)).error.param).toBe('--as');
  });
});
