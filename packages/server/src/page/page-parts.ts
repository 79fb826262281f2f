import type { Task } from '@roto/sdk/contract';
import { html } from 'hono/html';
import type { UserRow } from '../db/queries/users.ts';
import type { Html } from './layout.ts';
import { progressWords, statusWords } from './task-words.ts';

/** Beside the name of the service: who is signed in, or where to. */
export function accountNav(account: Pick<UserRow, 'email'> | undefined): Html {
  if (account === undefined) return html`<nav><a href="/login">Sign in</a></nav>`;
  return html`<nav><span class="who">${account.email}</span>
<form method="post" action="/logout"><button class="plain">Sign out</button></form></nav>`;
}

/** Where a task is; the colour says nothing that the word does not. */
export function statusMark(status: Task['status']): Html {
  return html`<span class="mark ${status}">${statusWords[status]}</span>`;
}

/** How far a task is; nothing before it has begun, and once it is over. */
export function progressBar({ status, progress }: Pick<Task, 'status' | 'progress'>): Html | '' {
  if (status !== 'processing' || progress === null) return '';
  const { done, total } = progress;
  return html`<progress aria-label="Progress" max="${Math.max(total, 1)}" value="${done}"></progress>
<p class="quiet figures">${progressWords(progress)}</p>`;
}

/** Why a task failed, or why its last attempt did. */
export function failureLine({ error_code, error_message }: Task): Html | '' {
  if (error_message === null) return '';
  return html`<p class="bad">${error_message}${error_code === null ? '' : html` <code>${error_code}</code>`}</p>`;
}

/** The picture of a task's video; an empty frame where there is none. Its title stands beside it. */
export function thumbnail(taskId: string, exists: boolean): Html {
  return exists
    ? html`<img class="thumb" src="/tasks/${taskId}/thumbnail" alt="" width="128" height="72" loading="lazy">`
    : html`<span class="thumb" aria-hidden="true"></span>`;
}

/** A point in time, in UTC to the minute. */
export function moment(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 16)} UTC</time>`;
}

/** The way to the next page of a list, and back to its start. */
export function pager(path: string, cursor: string | undefined, next: string | null): Html | '' {
  if (cursor === undefined && next === null) return '';
  const first = cursor === undefined ? '' : html`<a id="first-page" href="${path}">First page</a>`;
  const query = new URLSearchParams({ cursor: next ?? '' });
  const further =
    next === null ? '' : html`<a id="next-page" href="${path}?${query}">Next page</a>`;
  return html`<p class="pager">${first} ${further}</p>`;
}
