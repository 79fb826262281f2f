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
  --good: light-dark(#1a6b35, #7fd49a);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 60rem; padding: 1rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
header {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center;
  border-bottom: 1px solid var(--line); padding-bottom: 0.5rem;
}
header > a { color: inherit; font-weight: 700; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; margin-left: auto; }
nav .who { color: var(--quiet); }
h1 { font-size: 1.5rem; line-height: 1.2; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2rem 0 0.75rem; }
h3, caption { font-size: 1rem; font-weight: 600; text-align: left; margin: 1rem 0 0.25rem; }
p { margin: 0.5rem 0; }
a { color: var(--accent); }
code { font-size: 0.9em; }
label { display: block; margin: 0.75rem 0 0.25rem; }
input {
  width: 100%; max-width: 24rem; padding: 0.5rem; font: inherit;
  background: var(--ground); color: inherit; border: 1px solid var(--quiet); border-radius: 0.25rem;
}
button {
  margin-top: 1rem; padding: 0.5rem 1.25rem; font: inherit; cursor: pointer;
  background: var(--accent); color: var(--on-accent);
  border: 1px solid var(--accent); border-radius: 0.25rem;
}
button.second { background: none; color: var(--accent); }
button.plain {
  margin: 0; padding: 0; background: none; color: var(--accent); border: 0; text-decoration: underline;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet { color: var(--quiet); }
.bad { color: var(--bad); }
.figures { font-variant-numeric: tabular-nums; }
.mark {
  display: inline-block; padding: 0 0.5rem; border: 1px solid; border-radius: 1rem;
  font-size: 0.875rem; color: var(--quiet); white-space: nowrap;
}
.mark.processing { color: var(--accent); }
.mark.completed { color: var(--good); }
.mark.failed { color: var(--bad); }
progress { display: block; width: 100%; height: 0.75rem; margin-top: 0.5rem; accent-color: var(--accent); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: 0.75rem 1.5rem; margin: 0; }
.facts dt { color: var(--quiet); font-size: 0.875rem; }
.facts dd { margin: 0; }
table { width: 100%; table-layout: fixed; margin-top: 1rem; border-collapse: collapse; }
th, td { padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--quiet); font-size: 0.875rem; font-weight: 400; }
.tasks, .files { margin: 0; padding: 0; list-style: none; }
.tasks li, .task { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 1rem; }
.tasks li { padding: 0.75rem 0; border-top: 1px solid var(--line); }
.tasks li:last-child { border-bottom: 1px solid var(--line); }
.tasks p, .task p { margin: 0 0 0.25rem; }
.line { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: baseline; }
.thumb {
  display: block; width: 8rem; height: 4.5rem; object-fit: contain;
  background: var(--line); border-radius: 0.25rem;
}
.files li { padding: 0.25rem 0; }
.back { margin-top: 1.5rem; }
.pager { display: flex; gap: 1rem; }
@media (max-width: 30rem) {
  .tasks li, .task { grid-template-columns: 4rem minmax(0, 1fr); gap: 0.75rem; }
  .thumb { width: 4rem; height: 2.25rem; }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.75rem 1rem; }
}
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
