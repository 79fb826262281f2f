import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import {
  AdminAction,
  AdminUser,
  type AdminUserChanges,
  type GrantParams,
  QueueState,
  type SettingChanges,
  SettingList,
  WorkerList,
} from '../contract/admin.ts';
import type { TierParams } from '../contract/billing.ts';
import { Task } from '../contract/tasks.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';
import type { TaskListParams } from './tasks.ts';

/** Which accounts a list has. */
export interface AdminUserListParams extends ListParams {
  /** A part of the address. */
  readonly email?: string | undefined;
}

/** Whose deeds a list has. */
export interface AdminActionListParams extends ListParams {
  readonly admin_id?: string | undefined;
  readonly target_user_id?: string | undefined;
}

/**
 * What super users see and do. Everything that changes something is recorded.
 *
 * @example
 * for await (const user of roto.admin.users.list({ email: 'ada' })) console.log(user.id);
 * const { tasks } = await roto.admin.queue();
 */
export class Admin {
  readonly #transport: Transport;
  readonly users: AdminUsers;
  readonly tasks: AdminTasks;
  readonly settings: AdminSettings;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.users = new AdminUsers(transport);
    this.tasks = new AdminTasks(transport);
    this.settings = new AdminSettings(transport);
  }

  /** What super users did, newest first. */
  actions(params: AdminActionListParams = {}, options?: RequestOptions): ListPromise<AdminAction> {
    const spec = { path: '/api/admin/actions', query: { ...params }, item: AdminAction };
    return list(this.#transport, spec, options);
  }

  /** How much waits and runs. */
  queue(options?: RequestOptions): ApiPromise<QueueState> {
    const spec = { path: '/api/admin/queue', schema: QueueState };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** The workers there are. */
  workers(options?: RequestOptions): ApiPromise<WorkerList> {
    const spec = { path: '/api/admin/workers', schema: WorkerList };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }
}

/** Everybody's accounts. */
export class AdminUsers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Accounts, newest first. */
  list(params: AdminUserListParams = {}, options?: RequestOptions): ListPromise<AdminUser> {
    const spec = { path: '/api/admin/users', query: { ...params }, item: AdminUser };
    return list(this.#transport, spec, options);
  }

  /** One account. */
  get(id: string, options?: RequestOptions): ApiPromise<AdminUser> {
    const spec = { path: path`/api/admin/users/${id}`, schema: AdminUser };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Changes an account; what is left out stays. */
  update(
    id: string,
    body: z.input<typeof AdminUserChanges>,
    options?: RequestOptions,
  ): ApiPromise<AdminUser> {
    const spec = { path: path`/api/admin/users/${id}`, body, schema: AdminUser };
    return this.#transport.request({ method: 'PUT', ...spec }, options);
  }

  /** Deletes an account and all it has. */
  delete(id: string, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: path`/api/admin/users/${id}`, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }

  /** Puts an account into a tier. */
  setTier(id: string, body: TierParams, options?: RequestOptions): ApiPromise<AdminUser> {
    const spec = { path: path`/api/admin/users/${id}/tier`, body, schema: AdminUser };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Gives credits to an account, or takes some away. */
  grant(id: string, body: GrantParams, options?: RequestOptions): ApiPromise<AdminUser> {
    const spec = { path: path`/api/admin/users/${id}/credits`, body, schema: AdminUser };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }
}

/** Everybody's tasks. */
export class AdminTasks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Tasks, newest first. */
  list(params: TaskListParams = {}, options?: RequestOptions): ListPromise<Task> {
    const spec = { path: '/api/admin/tasks', query: { ...params }, item: Task };
    return list(this.#transport, spec, options);
  }

  /** Stops a task and gives its credits back. */
  cancel(id: string, options?: RequestOptions): ApiPromise<Task> {
    const spec = { path: path`/api/admin/tasks/${id}/cancel`, schema: Task };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Lets a task that failed or was cancelled wait again. */
  retry(id: string, options?: RequestOptions): ApiPromise<Task> {
    const spec = { path: path`/api/admin/tasks/${id}/retry`, schema: Task };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }
}

/** Prices and other settings. */
export class AdminSettings {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All of them. */
  get(options?: RequestOptions): ApiPromise<SettingList> {
    const spec = { path: '/api/admin/settings', schema: SettingList };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Changes settings, all that are named or none. */
  update(body: SettingChanges, options?: RequestOptions): ApiPromise<SettingList> {
    const spec = { path: '/api/admin/settings', body, schema: SettingList };
    return this.#transport.request({ method: 'PUT', ...spec }, options);
  }
}
