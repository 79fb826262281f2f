// The least that gives a task: one route over the query that the service asks. Says where it answers.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { openPostgres } from '../src/db/postgres.ts';
import { findTask } from '../src/db/queries/tasks.ts';

const { db } = openPostgres(process.env['DATABASE_URL'] ?? '');
const app = new Hono().get('/api/tasks/:id', async (c) => {
  const task = await findTask(db, c.req.param('id'), c.req.query('user'));
  return task === undefined ? c.notFound() : c.json(task);
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
