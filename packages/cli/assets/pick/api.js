const storedKey = 'roto-pick-key';

/** What the service refused: its sentence, and its code. */
export class ApiFailure extends Error {
  constructor({ code, message, hint }, status) {
    super(hint ? `${message} ${hint}` : message);
    this.code = code;
    this.status = status;
  }
}

/** The key that came with the page, or the one kept when another tab was opened by the link. */
function takeKey() {
  const given = document.querySelector('meta[name="roto-key"]').content;
  if (given === '') return localStorage.getItem(storedKey) ?? '';
  localStorage.setItem(storedKey, given);
  // The token in the address was used up: a page loaded again has to be asked for without it.
  history.replaceState(null, '', '/');
  return given;
}

/** Everything the page asks of roto. */
export function createApi() {
  const key = takeKey();

  const ask = async (method, path, { body, signal } = {}) => {
    const headers = { Authorization: `Bearer ${key}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const reply = await fetch(`/api${path}`, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (reply.ok) return reply;
    const said = await reply.json().catch(() => ({}));
    throw new ApiFailure(said.error ?? { message: `roto answered ${reply.status}.` }, reply.status);
  };

  return {
    facts: async () => (await ask('GET', '/facts')).json(),
    act: (action) => ask('POST', '/actions', { body: action }),
    save: () => ask('POST', '/save'),
    run: (overwrite) => ask('POST', '/run', { body: { overwrite } }),
    stopRun: () => ask('DELETE', '/run'),
    done: () => ask('POST', '/done'),
    async frame(number, signal) {
      const reply = await ask('GET', `/frames/${number}`, { signal });
      return createImageBitmap(await reply.blob());
    },
    /** Alpha of an object on a frame with its score; undefined where nothing leads there. */
    async mask(object, frame, signal) {
      const reply = await ask('GET', `/masks/${object}/${frame}`, { signal });
      if (reply.status === 204) return undefined;
      const picture = await createImageBitmap(await reply.blob());
      return { picture, score: Number(reply.headers.get('Roto-Score')) };
    },
    /** Calls `onView` with what is on the desk now and after every change, until the connection ends. */
    async follow(onView) {
      const reply = await ask('GET', '/events');
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        for (const line of lines) if (line !== '') onView(JSON.parse(line));
      }
    },
  };
}
