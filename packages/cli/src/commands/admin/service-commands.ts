import {
  type ActionsDocument,
  type QueueDocument,
  RotoError,
  type SettingsDocument,
  type TaskDocument,
  type TasksDocument,
  type WorkersDocument,
} from '@roto/sdk/contract';
import { decimalNumber, quoted } from '../../args/numbers.ts';
import { printable } from '../../io/printable.ts';
import type { CommandSpec } from '../command-spec.ts';
import { columns, firstOf, listOptions, pageSize, shortTime } from '../list-options.ts';
import { defineServerCommand } from '../server-command.ts';
import { taskLines, taskRow } from '../tasks/task-lines.ts';

const task = { syntax: '<task>', text: 'id of a task: tsk_...' };

/** What super users see and do of the service. */
export function createServiceCommands(): CommandSpec[] {
  return [tasks(), cancelTask(), retryTask(), queue(), workers(), settings(), actions()];
}

function tasks() {
  return defineServerCommand({
    name: 'tasks',
    summary: "everybody's tasks, newest first",
    description: ['Shows id, kind, status, progress, time and video.'],
    options: listOptions,
    examples: [{ text: '', line: 'roto admin tasks --limit 100' }],
    ask: async ({ roto }, { options: { limit }, io: { signal } }) => {
      const found = await firstOf(
        roto.admin.tasks.list({ limit: pageSize(limit) }, { signal }),
        limit,
      );
      const document: TasksDocument = { schema: 'roto.tasks/1', tasks: found };
      return { document, lines: found.length === 0 ? ['no tasks'] : columns(found.map(taskRow)) };
    },
  });
}

function cancelTask() {
  return defineServerCommand({
    name: 'cancel-task',
    summary: "stop anybody's task",
    description: ['Stops a task; its credits go back.'],
    arguments: [task],
    examples: [{ text: '', line: 'roto admin cancel-task tsk_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const document: TaskDocument = {
        schema: 'roto.task/1',
        task: await roto.admin.tasks.cancel(id, { signal }),
      };
      return { document, lines: taskLines(document.task) };
    },
  });
}

function retryTask() {
  return defineServerCommand({
    name: 'retry-task',
    summary: "let anybody's task wait again",
    description: ['Puts a task that failed or was cancelled back into the queue.'],
    arguments: [task],
    examples: [{ text: '', line: 'roto admin retry-task tsk_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const document: TaskDocument = {
        schema: 'roto.task/1',
        task: await roto.admin.tasks.retry(id, { signal }),
      };
      return { document, lines: taskLines(document.task) };
    },
  });
}

function queue() {
  return defineServerCommand({
    name: 'queue',
    summary: 'how much waits and runs',
    description: ['Shows tasks, and the jobs of every queue.'],
    examples: [{ text: '', line: 'roto admin queue' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const state = await roto.admin.queue({ signal });
      const document: QueueDocument = { schema: 'roto.queue/1', ...state };
      const rows = state.queues.map(({ name, waiting, running, failed }) => [
        name,
        `${waiting} waiting`,
        `${running} running`,
        `${failed} failed`,
      ]);
      const { pending, processing } = state.tasks;
      return {
        document,
        lines: [`tasks: ${pending} waiting, ${processing} running`, ...columns(rows)],
      };
    },
  });
}

function workers() {
  return defineServerCommand({
    name: 'workers',
    summary: 'the processes that run tasks',
    description: ['Shows id, machine, version, device, state, the last sign of life, and models.'],
    examples: [{ text: '', line: 'roto admin workers' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const { data } = await roto.admin.workers({ signal });
      const document: WorkersDocument = { schema: 'roto.workers/1', workers: data };
      const rows = data.map((one) => [
        one.id,
        printable(one.hostname),
        one.version,
        one.device,
        one.state,
        shortTime(one.heartbeat_at),
        one.models.join(', '),
      ]);
      return { document, lines: rows.length === 0 ? ['no workers'] : columns(rows) };
    },
  });
}

function settings() {
  return defineServerCommand({
    name: 'settings',
    summary: 'prices and other numbers of the service, and changing them',
    description: ['Shows every setting, or changes those that are given as name=value.'],
    arguments: [{ syntax: '[change...]', text: 'credits_per_second_draft=0.2' }],
    examples: [
      { text: '', line: 'roto admin settings' },
      { text: 'dearer drafts', line: 'roto admin settings credits_per_second_draft=0.2' },
    ],
    ask: async ({ roto }, { words, io: { signal } }) => {
      const { data } =
        words.length === 0
          ? await roto.admin.settings.get({ signal })
          : await roto.admin.settings.update({ values: parseChanges(words) }, { signal });
      const document: SettingsDocument = { schema: 'roto.settings/1', settings: data };
      const rows = data.map(({ key, value, text }) => [key, String(value), text]);
      return { document, lines: columns(rows) };
    },
  });
}

function actions() {
  return defineServerCommand({
    name: 'actions',
    summary: 'what super users did, newest first',
    description: ['Shows who did what to whom.'],
    options: listOptions,
    examples: [{ text: '', line: 'roto admin actions' }],
    ask: async ({ roto }, { options: { limit }, io: { signal } }) => {
      const found = await firstOf(
        roto.admin.actions({ limit: pageSize(limit) }, { signal }),
        limit,
      );
      const document: ActionsDocument = { schema: 'roto.actions/1', actions: found };
      const rows = found.map((one) => [
        shortTime(one.created_at),
        one.admin_id,
        one.action_type,
        one.target_user_id ?? '',
      ]);
      return { document, lines: rows.length === 0 ? ['no actions'] : columns(rows) };
    },
  });
}

function parseChanges(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name, text] = /^([a-z0-9_]+)=(.+)$/.exec(word) ?? [];
      const value = text === undefined ? undefined : decimalNumber(text);
      if (name !== undefined && value !== undefined) return [name, value];
      throw new RotoError(
        'invalid_argument',
        `Expected name=number but received ${quoted(word)}.`,
        { param: 'change' },
      );
    }),
  );
}
