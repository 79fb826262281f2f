/** One option of a command: help, docs and parsing come from it. */
export interface OptionSpec<T> {
  /** As commander and the help write it: `-o, --out <dir>`. */
  readonly flags: string;
  readonly text: string;
  /** Heading it stands under in the help. */
  readonly group: OptionGroup;
  /** Reads the value; called once for every time the option comes, in the order they come. */
  readonly read: (text: string) => T;
}

/** Headings of the help, in the order they are shown. */
export const optionGroups = [
  'What to cut out',
  'Clip',
  'Engine',
  'SAM 2',
  'Matte',
  'Output',
  'Picture',
  'Service',
  'Account',
  'List',
  'Server',
  'Run',
] as const;
export type OptionGroup = (typeof optionGroups)[number];

/** The options of a command by the name commander gives them (`--start-frame`: `startFrame`). */
export type OptionTable = Readonly<Record<string, OptionSpec<unknown>>>;

/** What the options of a table hold once parsed: nothing where the option was not given. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]?: T[K] extends OptionSpec<infer V> ? V : never;
};

/** An option with a value; the last one given counts. */
export function valueOption<T>(
  group: OptionGroup,
  flags: string,
  text: string,
  read: (text: string) => T,
): OptionSpec<T> {
  return { flags, text, group, read: (value) => read(value) };
}

/** An option without a value: there or not. */
export function switchOption(group: OptionGroup, flags: string, text: string): OptionSpec<boolean> {
  return { flags, text, group, read: () => true };
}
