import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PickDocument, Shot } from '@roto/sdk/contract';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { chromiumPath, complaintsOf, startChromium } from '../../server/test/support/chromium.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';
import { startPick } from './support/start-pick.ts';

/** Where pictures of the page are put, for those who want to look at them. */
const pictures = process.env['ROTO_PAGE_PICTURES'];
const folder = new ClipFolder();
const lossless = ['-c:v', 'ffv1', '-pix_fmt', 'bgr0'];

beforeAll(async () => {
  await folder.open();
  await folder.make('plate.mkv', moving(4, '96x64'), lossless);
  // Stored lying on its side, in pixels twice as wide as high.
  await folder.make('flat.mp4', moving(3, '96x64'), ['-vf', 'setsar=2', '-pix_fmt', 'yuv420p']);
  await folder.make('turned.mp4', join(folder.path, 'flat.mp4'), [
    '-c',
    'copy',
    '-metadata:s:v:0',
    'rotate=90',
  ]);
});
afterAll(() => folder.close());

/** Where a pixel of the picture lies on the page, by the size the whole picture is seen in. */
async function placeOf(
  page: Page,
  pixel: readonly [number, number],
  shown: { width: number; height: number; picture: readonly [number, number] },
) {
  const box = await page.locator('#canvas').boundingBox();
  if (box === null) throw new Error('There is no canvas.');
  const scale = Math.min(box.width / shown.width, box.height / shown.height);
  const [width, height] = [shown.width * scale, shown.height * scale];
  return {
    x: box.x + (box.width - width) / 2 + (pixel[0] / shown.picture[0]) * width,
    y: box.y + (box.height - height) / 2 + (pixel[1] / shown.picture[1]) * height,
  };
}

const plate = { width: 96, height: 64, picture: [96, 64] as const };

/** The colour the page shows at a place, 0 to 255. */
async function colorAt(page: Page, { x, y }: { x: number; y: number }): Promise<number[]> {
  const script = `(() => {
    const canvas = document.getElementById('canvas');
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [(${x} - left) * devicePixelRatio, (${y} - top) * devicePixelRatio];
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data];
  })()`;
  return z.array(z.number()).parse(await page.evaluate(script));
}

/** Waits until the page shows something else at a place than before. */
async function changeAt(page: Page, place: { x: number; y: number }, before: number[]) {
  await expect.poll(() => colorAt(page, place), { timeout: 60_000 }).not.toEqual(before);
}

/** Waits until the engine has said how sure it is of the first object. */
async function scored(page: Page): Promise<void> {
  const score = page.locator('.score').first();
  await expect.poll(() => score.textContent(), { timeout: 60_000 }).toMatch(/%|lost/);
}

async function openPage(page: Page, link: URL): Promise<void> {
  await page.goto(link.href);
  await page.getByText('engine (').waitFor();
  const middle = await placeOf(page, [48, 32], plate);
  await changeAt(page, middle, [0, 0, 0, 0]);
}

const AxeRule = z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) });

async function faultsOf(page: Page): Promise<string[]> {
  // The policy of the page lets no script in but its own; the test may evaluate all the same.
  await page.evaluate(axe.source);
  const { violations } = z
    .object({ violations: z.array(AxeRule) })
    .parse(await page.evaluate('axe.run()'));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

const shotIn = async (name: string) =>
  Shot.parse(JSON.parse(await readFile(join(folder.path, name), 'utf8')));

describe.skipIf(chromiumPath === undefined)('roto pick in Chromium (needs chromium)', () => {
  it('shows what clicks select, saves what roto mask writes for them, and runs it', async () => {
    const words = ['plate.mkv', '-o', 'mattes', '-F', 'png8', '--json'];
    const { link, io, ended } = await startPick(folder.path, words);
    const browser = await startChromium();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await openPage(page, link);
    // The address holds no token any more, and loading it again asks for none.
    expect(page.url()).toBe(`${link.origin}/`);
    await page.reload();

    const on = await placeOf(page, [30, 20], plate);
    const beside = { x: on.x + 6, y: on.y + 14 };
    await changeAt(page, beside, [0, 0, 0, 0]);
    const bare = await colorAt(page, beside);
    await page.mouse.click(on.x, on.y);
    await scored(page);
    await changeAt(page, beside, bare);
    const away = await placeOf(page, [80, 50], plate);
    await page.keyboard.down('Shift');
    await page.mouse.click(away.x, away.y);
    await page.keyboard.up('Shift');
    await page.locator('#prompts li').nth(1).waitFor();
    await page.keyboard.press('s');
    await page.getByText('Saved.', { exact: true }).waitFor();

    const saved = await shotIn('plate.roto.json');
    const points = saved.objects[0]?.prompts[0]?.points ?? [];
    expect(points.map(({ label }) => label)).toEqual(['positive', 'negative']);
    for (const [index, [x, y]] of [
      [30, 20],
      [80, 50],
    ].entries()) {
      expect(points[index]?.x).toBeCloseTo(x ?? 0, 0);
      expect(points[index]?.y).toBeCloseTo(y ?? 0, 0);
    }
    const [yes = '', no = ''] = points.map(({ x, y }) => `${x},${y}`);
    const quick = ['--quality', 'draft', '--input-size', '256', '--cache', 'cache'];
    const mask = ['mask', 'plate.mkv', '--points', yes, '--negative', no, '-F', 'png8', '--local'];
    const masked = createFakeIo({ cwd: folder.path });
    await main([...mask, ...quick, '--dry-run', '--save-shot', 'masked.roto.json'], masked);
    expect(await readFile(join(folder.path, 'plate.roto.json'), 'utf8')).toBe(
      await readFile(join(folder.path, 'masked.roto.json'), 'utf8'),
    );

    // Another tab of the same browser sees the same desk, and what is done there.
    const other = await context.newPage();
    await other.goto(`${link.origin}/`);
    await other.locator('#objects li').waitFor();
    await other.keyboard.press('n');
    await page.locator('#objects li').nth(1).waitFor();
    await page.locator('#objects input').nth(1).fill('dog');
    await page.keyboard.press('Enter');
    await expect.poll(() => other.locator('#objects input').nth(1).inputValue()).toBe('dog');
    await other.close();
    for (let count = 0; count < 2; count += 1) await page.locator('#undo').click();
    await expect.poll(() => page.locator('#objects li').count()).toBe(1);

    await page.locator('#run').click();
    await page.locator('#run-lines').waitFor({ timeout: 90_000 });
    expect((await readdir(join(folder.path, 'mattes', 'matte'))).sort()).toHaveLength(4);
    // What was tracked is seen on frames where nothing is said.
    await page.locator('#forth').click();
    await scored(page);
    await keepPicture(page, 'pick-done');
    expect(complaints).toEqual([]);
    await page.locator('#done').click();
    expect(await ended).toBe(0);
    await page.getByText('Done. This page can be closed.').waitFor();
    const document = PickDocument.parse(JSON.parse(io.stdout.text));
    expect(document.shot).toBe(join(folder.path, 'plate.roto.json'));
    expect(document.result?.objects[0]?.frames).toHaveLength(4);
  }, 180_000);

  it('is used by the keyboard alone, fits desktop and phone, light and dark', async () => {
    const { link } = await startPick(folder.path, ['plate.mkv', '--save-shot', 'keys.roto.json']);
    const browser = await startChromium();
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    await openPage(page, link);
    await page.focus('#canvas');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('ArrowLeft', 'ArrowUp', 'Enter', 'x', 'ArrowRight', 'ArrowRight', 'Enter');
    await page.locator('#prompts li').nth(1).waitFor();
    await press('b', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'Shift+ArrowDown', 'ArrowDown', 'b');
    await page.locator('#prompts li').nth(2).waitFor();
    await press('.', '.', ',', 'n', 'Enter');
    await page.locator('#objects li').nth(1).waitFor();
    expect(await page.locator('#frame').inputValue()).toBe('1');
    await press('Backspace');
    await expect.poll(() => page.locator('#prompts li').count()).toBe(0);
    await press('z', 'z', '1', 's');
    await expect.poll(() => page.locator('#file-state').textContent()).toBe('Saved.');
    const [matte] = (await shotIn('keys.roto.json')).objects;
    expect(matte?.prompts).toMatchObject([
      { frame: 0, points: [{ label: 'positive' }, { label: 'negative' }], box: {} },
    ]);
    for (const [name, viewport] of Object.entries({
      desktop: { width: 1280, height: 800 },
      phone: { width: 360, height: 740 },
    })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect(width, name).toBeLessThanOrEqual(viewport.width);
        expect(await faultsOf(page), `${name} ${colorScheme}`).toEqual([]);
        await keepPicture(page, `pick-${name}-${colorScheme}`);
      }
    }
  }, 180_000);

  it('puts a click where it is seen on a turned plate with pixels that are not square', async () => {
    const words = ['turned.mp4', '--save-shot', 'turned.roto.json'];
    const { link } = await startPick(folder.path, words);
    const browser = await startChromium();
    const page = await browser.newPage();
    await page.goto(link.href);
    await page.getByText('turned.mp4').waitFor();
    expect(await page.textContent('#clip')).toContain('64×96');
    // Pixels that were twice as wide as high lie on their side now.
    const shown = { width: 64, height: 192, picture: [64, 96] as const };
    const place = await placeOf(page, [48, 24], shown);
    await changeAt(page, place, [0, 0, 0, 0]);
    await page.mouse.click(place.x, place.y);
    await page.locator('#prompts li').waitFor();
    await page.keyboard.press('s');
    await expect.poll(() => page.locator('#file-state').textContent()).toBe('Saved.');
    const [point] = (await shotIn('turned.roto.json')).objects[0]?.prompts[0]?.points ?? [];
    expect(point?.x).toBeCloseTo(48, 0);
    expect(point?.y).toBeCloseTo(24, 0);
  }, 120_000);
});
