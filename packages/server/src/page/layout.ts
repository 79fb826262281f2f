import { html } from 'hono/html';

/** HTML of a page, escaped where it has to be. */
export type Html = ReturnType<typeof html>;

/** What a page shows. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
  /** Beside the name of the service; nothing unless said. */
  readonly nav?: Html;
  /** Whether its live parts follow what happens: by the script, or else by loading it again. */
  readonly live?: boolean;
}

/** Seconds after which a browser without scripts loads a live page again. */
const reloadSeconds = 10;

/** The frame of every page of the service: works without scripts, in light and dark. */
export function layout({ title, body, nav, live = false }: PageContent): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title} · roto</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
${live ? liveHead() : ''}
</head>
<body>
<header><a href="/">roto</a>${nav}</header>
<main>
<h1>${title}</h1>
${body}
${live ? liveNote() : ''}
</main>
</body>
</html>`;
}

function liveHead(): Html {
  return html`<script src="/page.js" defer></script>
<noscript><meta http-equiv="refresh" content="${reloadSeconds}"></noscript>`;
}

/** Empty until the script has something to say. */
function liveNote(): Html {
  return html`<p id="live-note" class="quiet" role="status"></p>
<noscript><p class="quiet">This page loads again every ${reloadSeconds} seconds.</p></noscript>`;
}
