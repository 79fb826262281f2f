import { RotoError } from '@roto/sdk/contract';

/**
 * One of the values a network answers with, which has one for each object it was asked about.
 * @throws RotoError `internal` if it has not
 */
export function answerOf<T>(answers: readonly T[], index = 0): T {
  const answer = answers[index];
  if (answer !== undefined) return answer;
  throw new RotoError(
    'internal',
    `Expected an answer ${index} from a network of SAM 2, but ${answers.length} came.`,
  );
}
