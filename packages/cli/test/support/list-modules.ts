import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** For `--import`: writes the address of every module that the process loaded to stderr, one a line. */
const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => {
  writeSync(2, loaded.map((url) => `${url}\n`).join(''));
});
