import { resolve } from 'node:path';
import {
  type DownloadedDocument,
  type TaskDocument,
  TaskStatus,
  type TasksDocument,
} from '@roto/sdk/contract';
import { parseChoice } from '../../args/choices.ts';
import type { CommandGroupSpec } from '../command-spec.ts';
import { downloadProgress } from '../download-progress.ts';
import { columns, firstOf, listOptions, pageSize } from '../list-options.ts';
import { valueOption } from '../option-spec.ts';
import { defineServerCommand } from '../server-command.ts';
import { outOptions } from '../shared-options.ts';
import { taskLines, taskRow } from './task-lines.ts';
import { createWatchCommand } from './watch.ts';

const task = { syntax: '<task>', text: 'id of a task: tsk_...' };

/** `roto tasks`: work on a server. */
export function createTasksCommands(): CommandGroupSpec {
  return {
    name: 'tasks',
    summary: 'the work on the server',
    commands: [list(), show(), createWatchCommand(), cancel(), retry(), download()],
  };
}

function list() {
  return defineServerCommand({
    name: 'list',
    summary: 'tasks, newest first',
    description: ['Shows id, kind, status, progress, time and video.'],
    options: {
      ...listOptions,
      status: valueOption(
        'List',
        '--status <name>',
        `only those that are ${TaskStatus.options.join(', ')}`,
        (text) => parseChoice(text, TaskStatus.options, '--status'),
      ),
      video: valueOption('List', '--video <id>', 'only those of a video', (text) => text),
    },
    examples: [{ text: '', line: 'roto tasks list --status processing' }],
    ask: async ({ roto }, { options: { limit, status, video }, io: { signal } }) => {
      const query = {
        limit: pageSize(limit),
        ...(status === undefined ? {} : { status }),
        ...(video === undefined ? {} : { video_id: video }),
      };
      const found = await firstOf(roto.tasks.list(query, { signal }), limit);
      const tasks = found.map(({ data }) => data);
      const document: TasksDocument = { schema: 'roto.tasks/1', tasks };
      return { document, lines: tasks.length === 0 ? ['no tasks'] : columns(tasks.map(taskRow)) };
    },
  });
}

function show() {
  return defineServerCommand({
    name: 'show',
    summary: 'how a task goes, or went',
    description: [
      'Shows status and progress, how many come before it where it waits, cost, model and device, and why it failed if it did.',
    ],
    arguments: [task],
    examples: [{ text: '', line: 'roto tasks show tsk_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const { data } = await roto.tasks.get(id, { signal });
      const document: TaskDocument = { schema: 'roto.task/1', task: data };
      return { document, lines: taskLines(data) };
    },
  });
}

function cancel() {
  return defineServerCommand({
    name: 'cancel',
    summary: 'stop a task and get its credits back',
    description: [
      'Stops a task within a frame. What it tracked is kept: roto tasks retry goes on from there.',
    ],
    arguments: [task],
    examples: [{ text: '', line: 'roto tasks cancel tsk_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const { data } = await roto.tasks.cancel(id, { signal });
      const document: TaskDocument = { schema: 'roto.task/1', task: data };
      return { document, lines: taskLines(data) };
    },
  });
}

function retry() {
  return defineServerCommand({
    name: 'retry',
    summary: 'let a task that failed or was cancelled wait again',
    description: ['Puts a task back into the queue, for the credits it cost before.'],
    arguments: [task],
    examples: [{ text: '', line: 'roto tasks retry tsk_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const { data } = await roto.tasks.retry(id, { signal });
      const document: TaskDocument = { schema: 'roto.task/1', task: data };
      return { document, lines: taskLines(data) };
    },
  });
}

function download() {
  return defineServerCommand({
    name: 'download',
    summary: 'bring what a task made here',
    description: [
      'Writes the files as a local run lays them out. Those that are there already and whole are not fetched again; a file that is another one is refused without --overwrite.',
    ],
    arguments: [task],
    options: outOptions,
    examples: [{ text: '', line: 'roto tasks download tsk_4f1c... -o mattes' }],
    ask: async ({ roto }, { words: [id = ''], options, mode, io }) => {
      const { signal } = io;
      const { overwrite = false, out = 'out' } = options;
      const found = await roto.tasks.get(id, { signal });
      const progress = await downloadProgress(io, mode, options);
      const results = await found
        .download(resolve(io.cwd, out), {
          signal,
          overwrite,
          onProgress: ({ loadedBytes, totalBytes }) => progress.tell(loadedBytes, totalBytes),
        })
        .finally(() => progress.close());
      const files = results.map(({ file }) => file);
      const document: DownloadedDocument = { schema: 'roto.downloaded/1', files };
      return { document, lines: files };
    },
  });
}
