import { html } from 'hono/html';

/** HTML of a page, escaped where it has to be. */
export type Html = ReturnType<typeof html>;

/** What a page shows. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
}

/** The frame of every page of the service: works without scripts, in light and dark. */
export function layout({ title, body }: PageContent): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · roto</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header><a href="/">roto</a></header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;
}
