import { isFinal, type TaskResult } from '@roto/sdk/contract';
import { html } from 'hono/html';
import type { UserRow } from '../db/queries/users.ts';
import type { ListPage } from '../services/list-page.ts';
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
import type { ShownTask } from './status-page.ts';
import { bytesWords, taskTitle } from './task-words.ts';

/** A task, and what it made once it is completed. */
export interface TaskPageContent extends ShownTask {
  readonly account: UserRow;
  readonly results: ListPage<TaskResult> | undefined;
  /** Of the page of results that is shown; undefined for the first one. */
  readonly cursor: string | undefined;
}

/** `/tasks/{id}`: how one task goes, and the files it made. */
export function taskPage(content: TaskPageContent): Html {
  const { task, clip, account } = content;
  const isOpen = !isFinal(task.status);
  return layout({
    title: taskTitle(task.credit_action, clip?.title),
    nav: accountNav(account),
    live: isOpen,
    body: html`<div class="task"${isOpen ? html` data-events="/tasks/${task.id}/events"` : ''}>
${thumbnail(task.id, clip?.thumbnail_key != null)}
<div>
<p id="task-status" data-live role="status">${statusMark(task.status)}</p>
<div id="task-progress" data-live>${progressBar(task)}${failureLine(task)}</div>
<div id="task-actions" data-live>${actionForm(task)}</div>
</div>
</div>
<div id="task-results" data-live>${resultsPart(content)}</div>
<section aria-labelledby="facts-title">
<h2 id="facts-title">Details</h2>
<div id="task-facts" data-live>${facts(content)}</div>
</section>
<p class="back"><a href="/">All tasks</a></p>`,
  });
}

/** What can be done with a task as it is now. */
function actionForm({ id, status, video_id }: ShownTask['task']): Html | '' {
  if (!isFinal(status)) return cancelForm(id);
  if (status === 'completed' || video_id === null) return '';
  return html`<form method="post" action="/tasks/${id}/retry"><button id="retry" class="second">Run it again</button></form>`;
}

function cancelForm(id: string): Html {
  return html`<form method="post" action="/tasks/${id}/cancel"><button id="cancel" class="second">Cancel the task</button></form>`;
}

function resultsPart({ task: { id, status }, results, cursor }: TaskPageContent): Html | '' {
  if (status !== 'completed' || results === undefined) return '';
  const rows = results.data.map(
    ({ path, url, bytes }) =>
      html`<li><a href="${url}">${path}</a> <span class="quiet">${bytesWords(bytes)}</span></li>`,
  );
  const list =
    rows.length === 0
      ? html`<p class="quiet">No files are here any more.</p>`
      : html`<p><a id="archive" href="/tasks/${id}/results.zip">All files as one archive</a></p>
<ul class="files">${rows}</ul>
${pager(`/tasks/${id}`, cursor, results.nextCursor)}
<p class="quiet">The links are good for an hour; load the page again for new ones.</p>`;
  return html`<section aria-labelledby="results-title">
<h2 id="results-title">Results</h2>
${list}
</section>`;
}

function facts({ task }: TaskPageContent): Html {
  const { quality, model, device, credit_cost, attempts } = task;
  const times: [string, string | null][] = [
    ['Asked for', task.created_at],
    ['Begun', task.started_at],
    ['Ended', task.completed_at],
  ];
  const values: [string, Html | string | number | null][] = [
    ['Quality', quality],
    ['Model', model],
    ['Device', device],
    ['Credits', credit_cost],
    ['Attempts', attempts],
    ...times.map(([name, time]): [string, Html | null] => [
      name,
      time === null ? null : moment(time),
    ]),
  ];
  const shown = values.filter(([, value]) => value !== null);
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
