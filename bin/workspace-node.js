// Syntax of Node 14 on purpose, here and in roto.js: an old Node is to be told what is needed
// instead of stopping at a syntax error.
import fs from 'node:fs';
import path from 'node:path';

/** The oldest Node roto runs on. */
export const neededNode = '22.19';

/** Whether `version` (`22.19.0`, no leading v) is `needed` (`22.19`) or newer. */
export function isAtLeast(version, needed) {
  const have = version.split('.').map(Number);
  const want = needed.split('.').map(Number);
  return have[0] > want[0] || (have[0] === want[0] && have[1] >= want[1]);
}

/** Path of the Node that the install put under `root`, undefined where there is none. */
export function workspaceNode(root) {
  const name = `node-${process.platform}-${process.arch}`;
  const file = path.join(root, 'node_modules', name, 'bin', 'node');
  return fs.existsSync(file) ? file : undefined;
}
