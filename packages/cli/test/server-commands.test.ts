import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreditHistoryDocument,
  CreditsDocument,
  DeletedDocument,
  DownloadedDocument,
  ErrorDocument,
  KeysDocument,
  MembershipDocument,
  NewKeyDocument,
  PacksDocument,
  PageDocument,
  PlansDocument,
  StorageDocument,
  TasksDocument,
  VideoDocument,
  VideosDocument,
} from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { type AccountServer, startAccountServer } from './support/account-server.ts';

const clips = new ClipFolder();
let server: AccountServer;
let clip: string;
beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(3, '96x64', '24'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
  clip = join(clips.path, 'plate.mkv');
  server = await startAccountServer();
  await server.signIn('ada@example.com');
});
afterAll(async () => {
  await server.close();
  await clips.close();
});

async function failure(words: readonly string[]) {
  const { status, out } = await server.roto([...words, '--json']);
  const { code, param } = ErrorDocument.parse(JSON.parse(out)).error;
  return [status, code, param];
}

describe('what an account has', () => {
  it.each([
    ['videos list', VideosDocument],
    ['tasks list --status pending', TasksDocument],
    ['tasks watch', TasksDocument],
    ['credits', CreditsDocument],
    ['credits history --limit 3', CreditHistoryDocument],
    ['credits buy', PacksDocument],
    ['plan', MembershipDocument],
    ['plan list', PlansDocument],
    ['storage', StorageDocument],
    ['keys list', KeysDocument],
    ['open', PageDocument],
  ])(
    'is printed as one document of the contract, and as lines, for roto %s',
    async (line, schema) => {
      const words = line.split(' ');
      const document = await server.document(words);
      expect(schema.parse(document)).toEqual(document);
      const { status, out, err } = await server.roto(words);
      expect([status, err]).toEqual([0, '']);
      expect(out).toMatch(/\S/);
    },
  );

  it('is refused to those who are not super users', async () => {
    expect(await failure(['admin', 'users'])).toEqual([3, 'forbidden', undefined]);
  });
});

describe('a clip', () => {
  it('is sent once, shown, renamed, fetched back byte for byte, and deleted', async () => {
    const first = VideoDocument.parse(await server.document(['upload', clip])).video;
    expect(first).toMatchObject({ status: 'ready', title: 'plate.mkv' });
    const again = VideoDocument.parse(await server.document(['upload', clip])).video;
    expect(again.id).toBe(first.id);
    const named = await server.document(['videos', 'rename', first.id, 'Plate 10']);
    expect(VideoDocument.parse(named).video.title).toBe('Plate 10');
    expect((await server.roto(['videos', 'show', first.id])).out).toContain('96x64, 24 fps');

    const fetched = await server.document(['videos', 'download', first.id, '-o', 'back']);
    const [file = ''] = DownloadedDocument.parse(fetched).files;
    expect(await readFile(file)).toEqual(await readFile(clip));
    expect(await failure(['videos', 'download', first.id, '-o', 'back'])).toEqual([
      2,
      'output_exists',
      '--out',
    ]);

    expect(await failure(['videos', 'delete', first.id])).toEqual([2, 'invalid_argument', '--yes']);
    const gone = await server.document(['videos', 'delete', first.id, '--yes']);
    expect(DeletedDocument.parse(gone).id).toBe(first.id);
    expect((await failure(['videos', 'show', first.id]))[1]).toBe('not_found');
  });

  it('that is not there is refused before anything is sent', async () => {
    expect(await failure(['upload', 'nowhere.mov'])).toEqual([2, 'source_not_found', undefined]);
    expect((await failure(['upload', 'vid_0123456789abcdefghjk']))[2]).toBe('clip');
  });
});

describe('an API key', () => {
  it('is shown once, works on the standard input of login, and counts no more once revoked', async () => {
    const { key } = NewKeyDocument.parse(await server.document(['keys', 'create', 'farm']));
    const farm = ['--profile', 'farm', '--base-url', server.origin];
    const login = await server.roto(['login', '--with-token', ...farm], { typed: `${key.key}\n` });
    expect(login).toMatchObject({ status: 0 });
    expect(VideosDocument.parse(await server.document(['videos', 'list'])).videos).toEqual([]);
    await server.document(['keys', 'revoke', key.id, '--profile', 'default']);
    expect((await failure(['videos', 'list']))[1]).toBe('unauthenticated');
    await server.roto(['logout', '--profile', 'farm']);
  });
});
