import { Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';

/** A figure, and its matte. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5cad"/><circle cx="16" cy="16" r="9" fill="#fff"/><path d="M16 7a9 9 0 0 1 0 18z" fill="#10151b"/></svg>`;

/** `/icon.svg`: what browsers show beside the title of a page. */
export function pageIcon(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/icon.svg', (c) =>
    c.body(icon, 200, {
      'Content-Type': 'image/svg+xml',
      'Cache-Control': 'public, max-age=86400',
    }),
  );
  return app;
}
