// Turns the events of `roto --json-stream`, on standard input, into lines that Open Job Description
// runners read: openjd_progress, openjd_status and openjd_fail. What it reads goes to stderr too.
import { createInterface } from 'node:readline';

/** Parts of a run that a stage has: bytes to the server and back are quick beside tracking. */
const parts = {
  upload: [0, 10],
  fetch: [10, 15],
  track: [15, 80],
  export: [80, 90],
  store: [90, 95],
  download: [95, 100],
};

let shown = -1;
let isDone = false;
for await (const line of createInterface({ input: process.stdin })) {
  const event = parse(line);
  if (event === undefined) continue;
  if (event.event === 'start') say('openjd_status', `${event.engine} on ${event.device}`);
  if (event.event === 'warning') say('openjd_status', event.warning.message);
  if (event.event === 'progress') progress(event);
  if (event.event === 'error') say('openjd_fail', `${event.error.code}: ${event.error.message}`);
  if (event.event === 'result') {
    isDone = true;
    say('openjd_progress', '100');
    for (const { path } of event.result.outputs) console.error(path);
  }
}
process.exitCode = isDone ? 0 : 1;

function progress({ stage, done, total }) {
  if (stage === 'queue') return say('openjd_status', `waiting, ${total} tasks before it`);
  const [from, to] = parts[stage] ?? [shown, shown];
  const percent = Math.floor(from + (total === 0 ? 0 : (done / total) * (to - from)));
  if (percent <= shown) return;
  shown = percent;
  say('openjd_progress', String(percent));
}

/** One line, whatever the message has in it. */
function say(what, text) {
  console.log(`${what}: ${text.replace(/\s+/g, ' ')}`);
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    console.error(line);
    return undefined;
  }
}
