import { type CommandGroupSpec, type CommandSpec, isGroup } from '../commands/command-spec.ts';

/** A place of the command line, and what may follow there. */
export interface CompletionPlace {
  /** Words of the command so far: `''`, `videos`, `videos list`. */
  readonly path: string;
  /** Commands that go on from here. */
  readonly commands: readonly CompletionWord[];
  /** Long flags that are taken here. */
  readonly flags: readonly CompletionWord[];
}

/** A word with what it means. */
export interface CompletionWord {
  readonly word: string;
  readonly text: string;
}

const help: CompletionWord = { word: '--help', text: 'show this help' };

/** Every place of the command line. */
export function completionPlaces(
  specs: readonly (CommandSpec | CommandGroupSpec)[],
): CompletionPlace[] {
  const names = specs.map(({ name, summary }) => ({ word: name, text: summary }));
  const root: CompletionPlace = {
    path: '',
    commands: [...names, { word: 'help', text: 'show the help of a command or a topic' }],
    flags: [help, { word: '--version', text: 'print the version' }],
  };
  return [root, ...specs.flatMap((spec) => (isGroup(spec) ? placesOfGroup(spec) : placeOf(spec)))];
}

function placesOfGroup({ name, commands }: CommandGroupSpec): CompletionPlace[] {
  const words = commands.map((one) => ({ word: one.name, text: one.summary }));
  const group = { path: name, commands: words, flags: [help] };
  return [group, ...commands.map((one) => placeOf(one, `${name} `))];
}

function placeOf({ name, options }: CommandSpec, before = ''): CompletionPlace {
  const flags = Object.values(options).flatMap(({ flags: written, text }) => {
    const word = /--[a-z0-9-]+/.exec(written)?.[0];
    return word === undefined ? [] : [{ word, text }];
  });
  return { path: `${before}${name}`, commands: [], flags: [...flags, help] };
}
