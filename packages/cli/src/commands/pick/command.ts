import { resolve } from 'node:path';
import { type PickDocument, RotoError } from '@roto/sdk/contract';
import { parsePath } from '../../args/choices.ts';
import { parseNumber } from '../../args/numbers.ts';
import type { Io } from '../../io/io.ts';
import { printResult } from '../../io/output.ts';
import type { PickTerminal } from '../../pick/terminal/pick-in-terminal.ts';
import { detectGraphics } from '../../picture/detect-graphics.ts';
import { openServer } from '../../server/open-server.ts';
import { defaultFormats, outputsOf, requestedOutputs } from '../../shot/outputs.ts';
import { type CommandContext, defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { type OptionValues, switchOption, valueOption } from '../option-spec.ts';
import { presetOptions } from '../preset-options.ts';
import { cacheOf, earlyProgress } from '../run-shot-command.ts';
import {
  directionOptions,
  engineOptions,
  formatOptions,
  matteOptions,
  outOptions,
  runOptions,
  sourceOptions,
} from '../shared-options.ts';

const options = {
  shot: valueOption(
    'What to cut out',
    '--shot <file>',
    'go on with a shot document: clip, prompts and settings; Save writes it again',
    (text) => parsePath(text, '--shot'),
  ),
  ...sourceOptions,
  ...engineOptions,
  ...presetOptions,
  ...directionOptions,
  ...matteOptions,
  saveShot: valueOption(
    'Output',
    '--save-shot <file>',
    'shot document that Save writes (default: the name of the clip with .roto.json)',
    (text) => parsePath(text, '--save-shot'),
  ),
  ...outOptions,
  ...formatOptions,
  web: switchOption('Picture', '--web', 'pick on a page in the browser instead of in the terminal'),
  port: valueOption('Picture', '--port <n>', 'port of the page (default: a free one)', (text) =>
    parseNumber(text, { flag: '--port', min: 0, max: 65_535, kind: 'whole number' }),
  ),
  open: {
    flags: '--no-open',
    text: 'only print the link of the page; do not open a browser',
    group: 'Picture' as const,
    read: () => false,
  },
  ...runOptions,
};

/** `roto pick`: choose points by looking. */
export function createPickCommand() {
  return defineCommand({
    name: 'pick',
    summary: 'choose points by looking, in the terminal or the browser',
    description: [
      'Shows the clip: click on the object, beside it, or drag a box round it, and see at once what that selects. Step through the frames, name several objects, undo. Save writes the shot document that roto mask --shot runs, here or elsewhere; Run does it at once.',
      'In the terminal the frame is a picture where the terminal can (kitty, iTerm2, sixel), else coloured blocks; mouse and keys both do everything, ? lists the keys. --web opens a page in the browser instead.',
      'The page is there for this machine alone, and only for whoever has the link, which is good once. From another machine: ssh -L 9000:127.0.0.1:9000 host, roto pick --web --port 9000 there, and the link here. Done on the page ends it; so does Ctrl-C.',
      'Without --local the masks are those of the server of roto login, which looks at frames with a point on the object or a box; Run is a task there. The frames are read on this machine.',
    ],
    arguments: [
      {
        syntax: '[clip]',
        text: 'a movie, a folder of pictures, or a sequence; a movie on the server (vid_...)',
      },
    ],
    options,
    examples: [
      { text: 'in the terminal', line: 'roto pick shot.mp4 --local' },
      { text: 'in the browser', line: 'roto pick shot.mp4 --web --local' },
      { text: 'with the engine of the server of roto login', line: 'roto pick shot.mp4 --web' },
      { text: 'go on where it was saved', line: 'roto pick --shot shot.roto.json --web --local' },
    ],
    run: ({ words, options: given }, context) => runPick(words[0], given, context),
  });
}

async function runPick(
  clip: string | undefined,
  given: OptionValues<typeof options>,
  { io, loadBackend }: CommandContext,
): Promise<'ok'> {
  const mode = modeOf(given);
  const place =
    given.local === true
      ? { kind: 'local' as const, ...cacheOf(given, io.cwd) }
      : { kind: 'server' as const, server: await openServer(io, given, 'server or --local') };
  const view =
    given.web === true
      ? { kind: 'page' as const, port: given.port ?? 0, opensBrowser: given.open !== false }
      : { kind: 'terminal' as const, terminal: await terminalOf(io, given) };
  const early = earlyProgress({ io, mode, options: given, range: undefined });
  let closing: Promise<void> | undefined;
  const closeEarly = () => {
    closing ??= early.close();
    return closing;
  };
  const { pickShot } = await import('../../pick/pick-shot.ts');
  const picked = await pickShot(
    { io, loadBackend },
    {
      request: {
        clip,
        document: given.shot,
        prompts: nothingPicked,
        settings: given,
        outputs: requestedOutputs(given),
        fallback: outputsOf(defaultFormats, given),
      },
      saveAt: given.saveShot === undefined ? undefined : resolve(io.cwd, given.saveShot),
      out: resolve(io.cwd, given.out ?? 'out'),
      overwrite: given.overwrite ?? false,
      place,
      onEvent: early.onEvent,
      onOpen: closeEarly,
      view,
    },
  ).finally(closeEarly);
  const document: PickDocument = { schema: 'roto.pick/1', ...picked.document };
  printResult(io, mode, { document, lines: picked.lines });
  return 'ok';
}

/** What the options say before anything is picked: one object, called as `roto mask` calls it. */
const nothingPicked = {
  given: false,
  frames: [],
  objects: () => [{ name: 'matte', points: [], boxes: [], masks: [], frame: undefined }],
};

/** @throws RotoError `invalid_argument` where the terminal shows no pictures, or nobody types */
async function terminalOf(io: Io, given: OptionValues<typeof options>): Promise<PickTerminal> {
  const { input } = io;
  if (input === undefined || given.input === false) throw noTerminal();
  const graphics = await detectGraphics(io);
  if (graphics.kind === 'none') throw noTerminal();
  return { io, input, graphics };
}

function noTerminal(): RotoError {
  return new RotoError(
    'invalid_argument',
    'Expected a terminal that shows colours, with somebody before it, or --web.',
    { param: '--web', hint: 'roto pick --web picks in the browser.' },
  );
}
