import type { ApiScope } from '@roto/sdk/contract';
import { NewApiKey, TokenPair } from '@roto/sdk/contract';
import { newId } from '../../src/new-id.ts';
import { hashPassword } from '../../src/services/passwords.ts';
import type { TestApp } from './start-app.ts';

/** An account that is signed in. */
export interface Member {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface MemberOptions {
  readonly isConfirmed?: boolean;
  readonly isSuper?: boolean;
}

const password = 'correct horse battery';
const hashed = hashPassword(password);

/** Adds an account, confirmed unless said, and signs it in; without mails. */
export async function addMember(
  app: TestApp,
  { isConfirmed = true, isSuper = false }: MemberOptions = {},
): Promise<Member> {
  const id = newId('user');
  const email = `${id}@example.com`;
  await app.deps.db
    .insertInto('users')
    .values({
      id,
      email,
      hashed_password: await hashed,
      is_confirmed: isConfirmed,
      super_user: isSuper,
    })
    .execute();
  const familyId = newId('refreshToken');
  const token = await app.deps.accessTokens.issue({ userId: id, familyId, generation: 0 });
  return { id, email, token };
}

/** Signs a member in as people do. */
export async function signIn(app: TestApp, { email }: Pick<Member, 'email'>): Promise<TokenPair> {
  const reply = await app.ask('POST', '/api/auth/login', { json: { email, password } });
  return TokenPair.parse(await reply.json());
}

/** Makes an API key of a member. */
export async function addKey(
  app: TestApp,
  { token }: Member,
  scopes: readonly ApiScope[],
): Promise<string> {
  const reply = await app.ask('POST', '/api/api-keys', { token, json: { name: 'key', scopes } });
  return NewApiKey.parse(await reply.json()).key;
}
