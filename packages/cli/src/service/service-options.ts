import { parsePath } from '../args/choices.ts';
import { parseNumber } from '../args/numbers.ts';
import { valueOption } from '../commands/option-spec.ts';

/** Where the service runs and keeps its data. */
export const serviceOptions = {
  host: valueOption(
    'Service',
    '--host <address>',
    'address to listen on (else ROTO_HOST, else 127.0.0.1)',
    (text) => text,
  ),
  port: valueOption(
    'Service',
    '--port <n>',
    'port to listen on; 0 takes a free one (else ROTO_PORT, else 8000)',
    (text) => parseNumber(text, { flag: '--port', min: 0, max: 65_535, kind: 'whole number' }),
  ),
  data: valueOption(
    'Service',
    '--data <dir>',
    'folder of the embedded database, files and mails (else ROTO_DATA, else ./roto-data)',
    (text) => parsePath(text, '--data'),
  ),
};
