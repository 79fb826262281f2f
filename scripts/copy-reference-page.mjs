// Before @roto/server is packed: puts the files of the API's reference page, which the workspace has
// inside the npm package swagger-ui-dist, where the published package looks for them.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../packages/server', import.meta.url));
const manifest = createRequire(join(server, 'package.json')).resolve(
  'swagger-ui-dist/package.json',
);
const target = join(server, 'assets', 'swagger-ui');
mkdirSync(target, { recursive: true });
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE']) {
  copyFileSync(join(dirname(manifest), name), join(target, name));
}
