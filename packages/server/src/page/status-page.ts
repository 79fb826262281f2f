import type { StorageReport, Task } from '@roto/sdk/contract';
import { html } from 'hono/html';
import type { TaskClip } from '../db/queries/task-clips.ts';
import type { UserRow } from '../db/queries/users.ts';
import { version } from '../version.ts';
import { type Html, layout } from './layout.ts';
import {
  accountNav,
  failureLine,
  moment,
  pager,
  progressBar,
  statusMark,
  thumbnail,
} from './page-parts.ts';
import type { ServiceStatus, ShownWorker } from './service-status.ts';
import { bytesWords, taskTitle } from './task-words.ts';

/** A task with its video, if that is still there. */
export interface ShownTask {
  readonly task: Task;
  readonly clip: TaskClip | undefined;
}

/** What somebody who is signed in sees of what is theirs. */
export interface OwnPart {
  readonly account: UserRow;
  readonly storage: StorageReport;
  /** Whether credits are counted. */
  readonly metered: boolean;
  readonly tasks: readonly ShownTask[];
  /** Of the page of tasks that is shown; undefined for the first one. */
  readonly cursor: string | undefined;
  readonly nextCursor: string | null;
}

/** `/`: one's own tasks and account after a login, and how the service does for everybody. */
export function statusPage(status: ServiceStatus | undefined, own: OwnPart | undefined): Html {
  const mine = own === undefined ? signInHint() : html`${tasksPart(own)}${accountPart(own)}`;
  return layout({
    title: 'Status',
    nav: accountNav(own?.account),
    live: true,
    body: html`<div data-poll>
${status === undefined ? '' : mine}
${servicePart(status)}
</div>`,
  });
}

function signInHint(): Html {
  return html`<p><a href="/login">Sign in</a> to see your tasks and what they made, or <a href="/register">make an account</a>.</p>`;
}

function tasksPart({ tasks, cursor, nextCursor }: OwnPart): Html {
  const list =
    tasks.length === 0
      ? html`<p class="quiet">No tasks ${cursor === undefined ? 'yet' : 'here'}. Those that you start by the <a id="api" href="/api/docs">API</a> or the command line appear here.</p>`
      : html`<ul class="tasks">${tasks.map(taskEntry)}</ul>`;
  return html`<section aria-labelledby="tasks-title">
<h2 id="tasks-title">Your tasks</h2>
<div id="tasks" data-live>${list}${pager('/', cursor, nextCursor)}</div>
</section>`;
}

function taskEntry({ task, clip }: ShownTask): Html {
  const { id, credit_action, created_at, status } = task;
  return html`<li>
${thumbnail(id, clip?.thumbnail_key != null)}
<div>
<p class="line"><a id="${id}" href="/tasks/${id}">${taskTitle(credit_action, clip?.title)}</a> ${statusMark(status)}</p>
${progressBar(task)}
${failureLine(task)}
<p class="quiet">${moment(created_at)}</p>
</div>
</li>`;
}

function accountPart({ account, storage, metered }: OwnPart): Html {
  const { user_credits, reserved_credits, is_confirmed } = account;
  const reserved =
    reserved_credits === 0 ? '' : `, and ${reserved_credits} reserved for open tasks`;
  const credits = metered ? `${user_credits} to spend${reserved}` : 'not counted here';
  const { total, limit_bytes } = storage;
  const files = `${total.files} ${total.files === 1 ? 'file' : 'files'}`;
  return html`<section aria-labelledby="account-title">
<h2 id="account-title">Your account</h2>
<div id="account" data-live>
${is_confirmed ? '' : html`<p class="bad">Your address is not confirmed yet: open the link in the mail that we sent. Until then nothing can be uploaded or started.</p>`}
<dl class="facts">
<div><dt>Credits</dt><dd>${credits}</dd></div>
<div><dt>Storage</dt><dd>${bytesWords(total.bytes)} of ${bytesWords(limit_bytes)}, in ${files}</dd></div>
</dl>
</div>
</section>`;
}

function servicePart(status: ServiceStatus | undefined): Html {
  const health =
    status === undefined
      ? html`<span class="bad">The database does not answer. Try again in a minute.</span>`
      : 'Up, and its database answers';
  return html`<section aria-labelledby="service-title">
<h2 id="service-title">The service</h2>
<div id="service" data-live>
<dl class="facts">
<div><dt>Health</dt><dd>${health}</dd></div>
<div><dt>Version</dt><dd>${version}</dd></div>
${status === undefined ? '' : queueFacts(status.queue)}
</dl>
${status === undefined ? '' : workersTable(status.workers)}
</div>
</section>`;
}

function queueFacts({ pending, processing }: ServiceStatus['queue']): Html {
  return html`<div><dt>Tasks that wait</dt><dd>${pending}</dd></div>
<div><dt>Tasks that run</dt><dd>${processing}</dd></div>`;
}

function workersTable(workers: readonly ShownWorker[]): Html {
  if (workers.length === 0) {
    return html`<h3>Workers</h3>
<p class="quiet">No worker is there now. Tasks wait until one comes.</p>`;
  }
  const rows = workers.map(
    ({ device, models }) =>
      html`<tr><td>${device}</td><td>${models.length === 0 ? 'none' : models.join(', ')}</td></tr>`,
  );
  return html`<table>
<caption>Workers</caption>
<thead><tr><th scope="col">Device</th><th scope="col">Models</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
}
