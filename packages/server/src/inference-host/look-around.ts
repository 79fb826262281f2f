import { diagnose, listModels } from '@roto/inference';
import type { HostAbilities } from '../host/host-calls.ts';

/** What this machine has: models that are installed, and devices that work. */
export async function lookAround(): Promise<HostAbilities> {
  const models = (await listModels()).filter(({ installed }) => installed).map(({ id }) => id);
  const { providers } = await diagnose();
  const cards = providers.filter(({ name, usable }) => usable && name.startsWith('cuda'));
  const devices = cards.map(({ name }) => (name.includes(':') ? name : `${name}:0`));
  return { models, devices: ['cpu', ...devices] };
}
