// The child's end of the hand-over in roto.js: watches the launcher, then is the CLI.
import net from 'node:net';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Time for an orderly stop (outputs removed, cache kept) after the launcher is gone. */
const graceMs = 5000;

function stop() {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
}

// fd 3 is a pipe whose other end only the launcher holds: its end is the launcher's, SIGKILL too.
const launcher = new net.Socket({ fd: 3, readable: true, writable: false });
launcher.on('end', stop);
launcher.on('error', stop);
launcher.resume();
launcher.unref();

const cli = fileURLToPath(new URL('../packages/cli/bin/roto.js', import.meta.url));
process.argv[1] = cli;
await import(pathToFileURL(cli).href);
