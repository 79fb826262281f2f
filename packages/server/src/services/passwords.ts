import { hash, verify } from '@node-rs/argon2';

/** argon2id with the parameters OWASP names: 19 MiB, two passes. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of a password no account has: checking against it takes as long as a real check. */
const nobody = hash('no account has this password', options);

/** What is kept of a password. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, options);
}

/**
 * Whether a password belongs to a hash. Without a hash the answer is no, and takes as long: the time
 * does not say whether there is an account.
 */
export async function isPassword(kept: string | null, password: string): Promise<boolean> {
  const fits = await verify(kept ?? (await nobody), password, options);
  return fits && kept !== null;
}
