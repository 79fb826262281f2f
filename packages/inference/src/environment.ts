/** Variables by name; `process.env` is one. Not `NodeJS.ProcessEnv`, which callers may not have. */
export type Environment = Readonly<Record<string, string | undefined>>;
