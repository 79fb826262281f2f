// node serve.ts PORT OUT: the app on this machine. Makes its webhook at the server of ROTO_BASE_URL,
// which has to allow private addresses for that (ROTO_WEBHOOKS_PRIVATE=on).
import { serve } from '@hono/node-server';
import { Roto } from '@roto/sdk';
import { createUploadHandler } from './app.ts';

const [port = '3000', out = 'mattes'] = process.argv.slice(2);
const roto = new Roto();
const hook = await roto.webhooks.create({ url: `http://127.0.0.1:${port}/hook` });
const app = createUploadHandler({
  roto,
  secret: hook.secret,
  onEnded: async ({ type, data }) => {
    console.log(type, data.task_id);
    if (type !== 'task.completed') return;
    const task = await roto.tasks.get(data.task_id);
    for (const { file } of await task.download(`${out}/${task.id}`)) console.log(file);
  },
});
const server = serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, () =>
  console.log(`http://127.0.0.1:${port}`),
);
process.once('SIGINT', async () => {
  await roto.webhooks.delete(hook.id);
  server.close();
});
