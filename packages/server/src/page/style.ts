import { Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';

/** Colours with a contrast of at least 4.5 to 1 on their ground, in light and dark. */
const style = `:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #16181b);
  --text: light-dark(#1b1e22, #e9ebee);
  --quiet: light-dark(#565d66, #a3abb5);
  --line: light-dark(#d5d9de, #363b42);
  --accent: light-dark(#0b5cad, #7ab8f5);
  --on-accent: light-dark(#ffffff, #10151b);
  --bad: light-dark(#b3261e, #ff9a92);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 60rem; padding: 1rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
header { border-bottom: 1px solid var(--line); padding-bottom: 0.5rem; }
header a { color: inherit; font-weight: 700; text-decoration: none; }
h1 { font-size: 1.5rem; line-height: 1.2; }
a { color: var(--accent); }
label { display: block; margin-bottom: 0.25rem; }
input {
  width: 100%; max-width: 24rem; padding: 0.5rem; font: inherit;
  background: var(--ground); color: inherit; border: 1px solid var(--quiet); border-radius: 0.25rem;
}
button {
  margin-top: 1rem; padding: 0.5rem 1.25rem; font: inherit; cursor: pointer;
  background: var(--accent); color: var(--on-accent); border: 0; border-radius: 0.25rem;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--quiet); }
.bad { color: var(--bad); }
`;

/** `/page.css`: how every page looks. */
export function pageStyle(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get('/page.css', (c) =>
    c.body(style, 200, {
      'Content-Type': 'text/css; charset=utf-8',
      'Cache-Control': 'public, max-age=3600',
    }),
  );
  return app;
}
