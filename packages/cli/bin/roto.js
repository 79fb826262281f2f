#!/usr/bin/env node
// The published command. Its syntax is that of Node 14, so that an older Node can read it and say
// which version is needed instead of failing on a word it does not know.
import process from 'node:process';

const needed = [22, 19];

function isOldNode() {
  const version = process.versions.node.split('.').map(Number);
  return version[0] < needed[0] || (version[0] === needed[0] && version[1] < needed[1]);
}

/** Prints a failure as a sentence or, where JSON was asked for, as a document or an event. */
function tell(error) {
  const args = process.argv.slice(2);
  if (args.includes('--json-stream')) console.log(JSON.stringify({ event: 'error', error }));
  else if (args.includes('--json')) {
    console.log(JSON.stringify({ schema: 'roto.error/1', error }));
  } else console.error(error.message);
}

function refuseOldNode() {
  tell({
    code: 'node_too_old',
    message: `roto needs Node ${needed.join('.')} or newer and was started by ${process.versions.node}.`,
  });
  process.exitCode = 2;
}

/** For the process that ends before its run does, for want of anything to wait for. */
function tellLost() {
  tell({ code: 'internal', message: 'Something inside roto failed: the run was lost.' });
  process.exitCode = 1;
}

/** Ends at once by the signal itself, for a run that does not stop in order. */
function dieBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Reached only by the first process of a container, which its own signals do not end.
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

async function start() {
  process.once('beforeExit', tellLost);
  // The signals first: the rest takes a while to load on a busy machine.
  const { createProcessIo, flushed } = await import('../dist/io/process-io.js');
  const io = createProcessIo(process, dieBy);
  const { main } = await import('../dist/main.js');
  const status = await main(process.argv.slice(2), io);
  process.removeListener('beforeExit', tellLost);
  process.exitCode = status;
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // A run that was stopped waits for nothing it left open.
  if (status === 130 || status === 143) process.exit(status);
}

if (isOldNode()) refuseOldNode();
else void start();
