import { RotoError } from '@roto/sdk/contract';
import type { OutputMode } from '../io/output-mode.ts';

/**
 * What stdout is to carry.
 * @throws RotoError `invalid_argument` where options ask for two things at once
 */
export function modeOf(options: {
  readonly json?: boolean | undefined;
  readonly jsonStream?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}): OutputMode {
  if (options.jsonStream === true) {
    const other =
      options.json === true ? '--json' : options.dryRun === true ? '--dry-run' : undefined;
    if (other === undefined) return 'json-stream';
    throw new RotoError(
      'invalid_argument',
      `Expected --json-stream or ${other}, but received both.`,
      {
        param: '--json-stream',
        ...(other === '--dry-run' ? { hint: 'A plan is one document: use --json.' } : {}),
      },
    );
  }
  return options.json === true ? 'json' : 'text';
}
