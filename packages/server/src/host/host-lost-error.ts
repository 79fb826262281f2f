/** Why a host ended in the middle of a call. */
export type HostLoss = 'crash' | 'memory' | 'stall';

const sentences: Readonly<Record<HostLoss, string>> = {
  crash: 'The process that ran the model ended by itself.',
  memory: 'The process that ran the model took more memory than it may.',
  stall: 'The process that ran the model made no progress for too long.',
};

/** A host ended in the middle of a call: worth another attempt, in a new one. */
export class HostLostError extends Error {
  override readonly name = 'HostLostError';
  readonly loss: HostLoss;

  constructor(loss: HostLoss, how: string) {
    super(`${sentences[loss]} (${how})`);
    this.loss = loss;
  }
}
