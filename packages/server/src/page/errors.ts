import { errorKinds, httpStatusOf, isErrorCode } from '@roto/sdk/contract';
import { html } from 'hono/html';

/** `/api/docs/errors`: every code with its status; `docUrl` of a failed reply points here. */
export function errorsPage() {
  const rows = Object.keys(errorKinds)
    .filter(isErrorCode)
    .map(
      (code) =>
        html`<tr id="${code}"><td><code>${code}</code></td><td>${httpStatusOf(code)}</td><td>${errorKinds[code]}</td></tr>`,
    );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>roto: error codes</title>
</head>
<body>
<h1>Error codes</h1>
<table>
<thead><tr><th>code</th><th>status</th><th>kind</th></tr></thead>
<tbody>${rows}</tbody>
</table>
</body>
</html>`;
}
