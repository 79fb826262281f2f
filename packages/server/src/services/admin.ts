import {
  type AdminAction,
  type AdminActionsQuery,
  type AdminUser,
  type AdminUserChanges,
  type AdminUsersQuery,
  type GrantParams,
  RotoError,
  type SettingList,
  type Task,
  type TasksQuery,
} from '@roto/sdk/contract';
import { json } from '../db/column-types.ts';
import { breaksConstraint } from '../db/failure.ts';
import {
  type ActionRow,
  addAction,
  changeUser,
  countSuperUsers,
  findAnyUser,
  listActions,
  listUsers,
} from '../db/queries/admin.ts';
import { setMembership } from '../db/queries/memberships.ts';
import { revokeLogins } from '../db/queries/tokens.ts';
import { lockUser, type UserRow } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Trx } from '../db/types.ts';
import type { AppDeps } from '../deps.ts';
import { newId } from '../new-id.ts';
import { buryAccount } from './account-deletion.ts';
import { grant, takeBack } from './ledger.ts';
import { type ListPage, listPage } from './list-page.ts';
import {
  changeSettings,
  isSetting,
  readSettings,
  type SettingValues,
  settingNames,
  settings,
} from './settings.ts';
import { cancelTaskWithin, getTask, listTaskPage, retryTaskWithin } from './tasks.ts';
import { isTier, tiers } from './tiers.ts';
import { toUser } from './users.ts';

/** What the functions here stand on. */
export type AdminDeps = Pick<AppDeps, 'db' | 'queue' | 'clock'>;

/** Accounts, newest first. */
export function usersFor(
  { db }: Pick<AdminDeps, 'db'>,
  { email, ...page }: AdminUsersQuery,
): Promise<ListPage<AdminUser>> {
  return listPage(page, (part) => listUsers(db, { email }, part), toAdminUser);
}

/** @throws RotoError `not_found` */
export async function userFor({ db }: Pick<AdminDeps, 'db'>, id: string): Promise<AdminUser> {
  return toAdminUser(existing(await findAnyUser(db, id)));
}

function existing(user: UserRow | undefined): UserRow {
  if (user !== undefined) return user;
  throw new RotoError('not_found', 'There is no such account.', { param: 'id' });
}

function toAdminUser(row: UserRow): AdminUser {
  return {
    ...toUser(row),
    email: row.email,
    reserved_credits: row.reserved_credits,
    stripe_customer_id: row.stripe_customer_id,
    deleted_at: row.deleted_at?.toISOString() ?? null,
  };
}

/** Who does something to whom. */
export interface AdminAct {
  readonly adminId: string;
  readonly userId: string;
}

/**
 * Changes an account.
 * @throws RotoError `not_found`, `invalid_argument`, `conflict` where the address is taken, the last
 * super user would go, or a subscription says the tier
 */
export async function updateUser(
  deps: AdminDeps,
  { adminId, userId }: AdminAct,
  changes: AdminUserChanges,
): Promise<AdminUser> {
  try {
    return await inTransaction(deps.db, async (trx) => {
      const before = existing(await lockUser(trx, userId));
      await applyChanges(trx, deps, before, changes);
      const after = existing(await lockUser(trx, userId));
      const details = {
        before: shown(before),
        after: shown(after),
        email_changed: before.email !== after.email,
      };
      await record(trx, deps, { adminId, userId, type: 'update_user', details });
      return toAdminUser(after);
    });
  } catch (error) {
    if (!breaksConstraint(error, 'unique', 'users_email_key')) throw error;
    throw new RotoError('conflict', 'Another account has this address.', { param: 'email' });
  }
}

/** What the records say of an account: never its address, which has to be able to go. */
function shown({ is_confirmed, super_user, membership }: UserRow) {
  return { is_confirmed, super_user, tier: membership.tier };
}

async function applyChanges(
  trx: Trx,
  deps: AdminDeps,
  user: UserRow,
  { tier, ...changes }: AdminUserChanges,
): Promise<void> {
  if (changes.super_user === false && user.super_user && (await countSuperUsers(trx)) < 2) {
    throw new RotoError('conflict', 'This is the last super user.', { param: 'super_user' });
  }
  const { email, is_confirmed, super_user } = changes;
  await changeUser(trx, user.id, {
    ...(email === undefined ? {} : { email }),
    ...(is_confirmed === undefined ? {} : { is_confirmed }),
    ...(super_user === undefined ? {} : { super_user }),
  });
  if (email !== undefined && email !== user.email) await revokeLogins(trx, user.id, deps.clock());
  if (tier !== undefined) await setTier(trx, deps, user, tier);
}

async function setTier(
  trx: Trx,
  { clock }: Pick<AdminDeps, 'clock'>,
  { id, membership }: UserRow,
  tier: string,
): Promise<void> {
  if (!isTier(tier)) {
    const names = Object.keys(tiers).join(', ');
    throw new RotoError('invalid_argument', `Expected one of the tiers ${names}.`, {
      param: 'tier',
    });
  }
  if (membership.stripe_subscription_id !== null) {
    throw new RotoError('conflict', 'A subscription says the tier of this account.', {
      param: 'tier',
      hint: 'Change or cancel the subscription at Stripe.',
    });
  }
  const updated_at = clock().toISOString();
  await setMembership(trx, id, { ...membership, tier, status: 'active', updated_at });
}

/**
 * Deletes an account.
 * @throws RotoError `not_found`, `conflict` where it is the last super user
 */
export async function deleteUser(deps: AdminDeps, { adminId, userId }: AdminAct): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const before = existing(await lockUser(trx, userId));
    await buryAccount(trx, deps, userId);
    const details = { before: shown(before), after: null };
    await record(trx, deps, { adminId, userId, type: 'delete_user', details });
  });
}

/**
 * Gives credits to an account, or takes some away, as far as they are there.
 * @throws RotoError `not_found`
 */
export async function giveCredits(
  deps: AdminDeps,
  { adminId, userId }: AdminAct,
  { credits, reason }: GrantParams,
  answered?: (trx: Trx, user: AdminUser) => Promise<void>,
): Promise<AdminUser> {
  return inTransaction(deps.db, async (trx) => {
    const before = existing(await lockUser(trx, userId));
    const details = { admin: adminId, reason };
    if (credits > 0) await grant(trx, deps, { userId, credits, details });
    else await takeBack(trx, deps, { userId, credits: -credits, details });
    const after = existing(await lockUser(trx, userId));
    await record(trx, deps, {
      adminId,
      userId,
      type: 'grant_credits',
      details: {
        credits,
        reason,
        before: { user_credits: before.user_credits },
        after: { user_credits: after.user_credits },
      },
    });
    const given = toAdminUser(after);
    await answered?.(trx, given);
    return given;
  });
}

/** What super users did, newest first. */
export function actionsFor(
  { db }: Pick<AdminDeps, 'db'>,
  { admin_id, target_user_id, ...page }: AdminActionsQuery,
): Promise<ListPage<AdminAction>> {
  const filter = { admin_id, target_user_id };
  return listPage(page, (part) => listActions(db, filter, part), toAction);
}

function toAction(row: ActionRow): AdminAction {
  return { ...row, created_at: row.created_at.toISOString() };
}

/** Every setting with its value and range. */
export async function settingsFor({ db }: Pick<AdminDeps, 'db'>): Promise<SettingList> {
  const values = await readSettings(db);
  return {
    data: settingNames.map((key) => {
      const { text, least, most } = settings[key];
      return { key, value: values[key], text, least, most };
    }),
  };
}

/**
 * Changes settings, all of them or none.
 * @throws RotoError `invalid_argument`
 */
export async function updateSettings(
  deps: AdminDeps,
  adminId: string,
  values: Readonly<Record<string, number>>,
): Promise<SettingList> {
  const checked = checkedSettings(values);
  await inTransaction(deps.db, async (trx) => {
    const before = await readSettings(trx);
    await changeSettings(trx, deps, checked);
    const after = await readSettings(trx);
    await record(trx, deps, { adminId, type: 'update_settings', details: { before, after } });
  });
  return settingsFor(deps);
}

function checkedSettings(values: Readonly<Record<string, number>>): Partial<SettingValues> {
  for (const [name, value] of Object.entries(values)) {
    const param = `values.${name}`;
    if (!isSetting(name)) {
      throw new RotoError('invalid_argument', `There is no setting ${name}.`, { param });
    }
    const { least, most } = settings[name];
    if (value < least || value > most) {
      throw new RotoError('invalid_argument', `Expected a number from ${least} to ${most}.`, {
        param,
      });
    }
  }
  return values;
}

/** Tasks of everybody, newest first. */
export function tasksFor(deps: Pick<AdminDeps, 'db'>, query: TasksQuery): Promise<ListPage<Task>> {
  return listTaskPage(deps, undefined, query);
}

/**
 * Cancels anybody's task, or lets it wait for a worker again for the credits it cost before.
 * @throws RotoError `not_found`, `wrong_task_status`, `quota_exceeded`
 */
export async function steerTask(
  deps: AdminDeps,
  { adminId, taskId }: { readonly adminId: string; readonly taskId: string },
  to: 'cancel' | 'retry',
): Promise<Task> {
  const { user_id: userId, status } = await getTask(deps, undefined, taskId);
  return inTransaction(deps.db, async (trx) => {
    const steer = to === 'cancel' ? cancelTaskWithin : retryTaskWithin;
    const task = await steer(trx, deps, undefined, taskId);
    const details = { task: taskId, before: { status }, after: { status: task.status } };
    await record(trx, deps, { adminId, userId, type: `${to}_task`, details });
    return task;
  });
}

/** What a super user did, to be kept. */
export interface ActionRecord {
  readonly adminId: string;
  readonly type: string;
  readonly userId?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Keeps what a super user did, within the transaction that does it. Nothing changes it any more. */
export async function record(
  trx: Trx,
  { clock }: Pick<AdminDeps, 'clock'>,
  { adminId, type, userId, details }: ActionRecord,
): Promise<void> {
  await addAction(trx, {
    id: newId('action'),
    admin_id: adminId,
    action_type: type,
    target_user_id: userId ?? null,
    details: json<Record<string, unknown>>({ ...details }),
    created_at: clock(),
  });
}
