import { Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';

/**
 * Keeps the parts of a page that are marked `data-live` as the server would write them now: on every
 * event of the stream that `data-events` names, or every few seconds where it says `data-poll`.
 */
const script = `(() => {
  'use strict';
  const shortestMs = 700;
  const pollMs = 4000;
  const note = document.getElementById('live-note');
  const say = (text) => {
    if (note.textContent !== text) note.textContent = text;
  };

  const swap = (region, fresh) => {
    if (region.innerHTML === fresh.innerHTML) return;
    const held = region.contains(document.activeElement) ? document.activeElement.id : '';
    region.replaceChildren(...fresh.childNodes);
    if (held) document.getElementById(held)?.focus();
  };

  let isOpen = true;
  const load = async () => {
    const reply = await fetch(location.href, { credentials: 'same-origin' });
    if (reply.redirected) return location.reload();
    if (!reply.ok) throw new Error(String(reply.status));
    const next = new DOMParser().parseFromString(await reply.text(), 'text/html');
    for (const region of document.querySelectorAll('[data-live]')) {
      const fresh = next.getElementById(region.id);
      if (!fresh) return location.reload();
      swap(region, fresh);
    }
    isOpen = next.querySelector('[data-events]') !== null;
    say('');
  };

  let busy = false;
  let again = false;
  const refresh = async () => {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      await load().catch(() => say('The service does not answer now. This page tries again.'));
      await new Promise((resolve) => setTimeout(resolve, shortestMs));
    }
    busy = false;
  };

  if (document.querySelector('[data-poll]')) {
    setInterval(() => {
      if (!document.hidden) refresh();
    }, pollMs);
  }

  const follow = (path) => {
    const source = new EventSource(path);
    const hear = (event) => {
      const { status } = JSON.parse(event.data);
      if (status !== 'pending' && status !== 'processing') source.close();
      refresh();
    };
    for (const type of ['status', 'progress']) source.addEventListener(type, hear);
    let wasBroken = false;
    // A stream that goes on where it broke off says nothing where nothing has happened since.
    source.addEventListener('open', () => {
      if (wasBroken) refresh();
      wasBroken = false;
    });
    source.addEventListener('error', () => {
      wasBroken = true;
      refresh();
      // The browser comes back by itself after a broken connection, but not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (isOpen) follow(path);
      }, pollMs);
    });
  };
  const followed = document.querySelector('[data-events]');
  if (followed) follow(followed.dataset.events);
})();
`;

/** `/page.js`: what makes pages live; all of them can be read without it. */
export function pageScript(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/page.js', (c) =>
    c.body(script, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=3600',
    }),
  );
  return app;
}
