#!/usr/bin/env node
// Starts the CLI of this clone, whatever Node it is started by: an older one hands over to the
// workspace's Node as a child. Syntax of Node 14 on purpose, see workspace-node.js.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isAtLeast, neededNode, workspaceNode } from './workspace-node.js';

/** Passed on to the child. It has a process group of its own, so that each reaches it once. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];

/** Ends with status 2, saying why as a sentence or, where JSON was asked for, as a document. */
function refuse(code, message, hint) {
  const args = process.argv.slice(2);
  const error = { code, message, hint };
  if (args.includes('--json-stream')) console.log(JSON.stringify({ event: 'error', error }));
  else if (args.includes('--json')) {
    console.log(JSON.stringify({ schema: 'roto.error/1', error }));
  } else console.error(`${message} ${hint}`);
  process.exitCode = 2;
}

/** Ends this process with the status or the signal that ended the child. */
function endAs(code, signal) {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Reached only by the first process of a container, which its own signals do not end.
  process.exit(128 + os.constants.signals[signal]);
}

/**
 * Runs the CLI in a child that shares stdin, stdout and stderr, and ends as the child ends. The
 * child's fd 3 is a pipe from here: it ends with this process, however this process ends.
 */
function handOver(root, node) {
  const child = childProcess.spawn(
    node,
    [path.join(root, 'bin', 'handed-over.js'), ...process.argv.slice(2)],
    // `detached` is the group of its own: a terminal's Ctrl-C would otherwise arrive twice, once
    // from the terminal and once from here, and the second one means "stop at once".
    { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], detached: true },
  );
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  child.on('error', (error) => {
    refuse(
      'node_too_old',
      `The Node of this workspace does not start: ${error.message}.`,
      `Remove node_modules in ${root} and run npm run build there.`,
    );
  });
  child.on('exit', endAs);
}

function start() {
  const root = path.dirname(path.dirname(fs.realpathSync(fileURLToPath(import.meta.url))));
  const cli = path.join(root, 'packages', 'cli', 'bin', 'roto.js');
  const running = process.versions.node;
  const own = workspaceNode(root);
  if (!isAtLeast(running, neededNode) && own === undefined) {
    refuse(
      'node_too_old',
      `roto needs Node ${neededNode} or newer and was started by ${running}.`,
      `Run npm run build in ${root}, which brings one, or install a newer Node.`,
    );
  } else if (!fs.existsSync(path.join(root, 'packages', 'cli', 'dist', 'main.js'))) {
    refuse('not_built', 'roto is not built yet.', `Run npm run build in ${root} first.`);
  } else if (isAtLeast(running, neededNode)) {
    process.argv[1] = cli;
    void import(pathToFileURL(cli).href);
  } else {
    handOver(root, own);
  }
}

start();
