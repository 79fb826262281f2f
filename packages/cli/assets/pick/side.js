/** Makes an element: its properties, its attributes under `data`, and what is in it. */
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const byId = (id) => document.getElementById(id);

/** Puts rows into a list without taking the focus from what is in it. */
function fill(list, rows) {
  const held = list.contains(document.activeElement) ? document.activeElement.dataset.name : '';
  list.replaceChildren(...rows);
  if (held) list.querySelector(`[data-name="${CSS.escape(held)}"]`)?.focus();
}

/** The objects, one a row; `on` has `choose(id)`, `rename(id, name)`, `removeObject(id)`. */
export function showObjects({ objects, chosen, scoreOf }, on) {
  const rows = objects.map((object, index) => {
    const { id, name, color } = object;
    const swatch = element('button', {
      type: 'button',
      className: 'swatch',
      textContent: String(index + 1),
      title: `Choose ${name} (${index + 1})`,
      onclick: () => on.choose(id),
    });
    swatch.dataset.name = `choose-${id}`;
    swatch.setAttribute('aria-label', `${index + 1}: choose ${name}`);
    if (id === chosen) swatch.setAttribute('aria-current', 'true');
    const field = element('input', {
      type: 'text',
      value: name,
      maxLength: 64,
      spellcheck: false,
      onfocus: () => on.choose(id),
      onchange: () => on.rename(id, field.value),
    });
    field.setAttribute('aria-label', `Name of object ${index + 1}`);
    field.dataset.name = `name-${id}`;
    const score = element('span', { className: 'score', textContent: scoreOf(id) });
    score.title = 'How sure the engine is that the object is on this frame';
    const remove = element('button', {
      type: 'button',
      className: 'plain',
      textContent: '✕',
      disabled: objects.length === 1,
      title: `Remove ${name}`,
      onclick: () => on.removeObject(id),
    });
    remove.setAttribute('aria-label', `Remove ${name}`);
    remove.dataset.name = `remove-${id}`;
    const row = element(
      'li',
      { className: id === chosen ? 'chosen' : '' },
      swatch,
      field,
      score,
      remove,
    );
    row.style.setProperty('--color', color);
    return row;
  });
  const list = byId('objects');
  // A name that is being typed is left alone.
  const typed = document.activeElement;
  const isTyping =
    list.contains(typed) && typed.tagName === 'INPUT' && typed.value !== typed.defaultValue;
  if (!isTyping) fill(list, rows);
}

/** What is said of the chosen object on the frame; `on` has `removePoint(index)`, `removeBox()`. */
export function showPrompts({ prompt, canCorrect }, on) {
  const row = (sign, text, key, remove) => {
    const button = element('button', {
      type: 'button',
      className: 'plain',
      textContent: '✕',
      onclick: remove,
    });
    button.setAttribute('aria-label', `Take away ${text}`);
    button.dataset.name = key;
    return element(
      'li',
      {},
      element('b', { textContent: sign }),
      element('span', { textContent: text }),
      button,
    );
  };
  const points = (prompt?.points ?? []).map(({ x, y, label }, index) =>
    row(label === 'positive' ? '+' : '−', `${x}, ${y}`, `point-${index}`, () =>
      on.removePoint(index),
    ),
  );
  const { box, mask } = prompt ?? {};
  const boxes =
    box === undefined
      ? []
      : [row('▭', `${box.x1}, ${box.y1} – ${box.x2}, ${box.y2}`, 'box', () => on.removeBox())];
  const masks =
    mask === undefined
      ? []
      : [
          element(
            'li',
            {},
            element('b', { textContent: '◩' }),
            element('span', { textContent: mask }),
          ),
        ];
  fill(byId('prompts'), [...points, ...boxes, ...masks]);
  byId('none').hidden = prompt !== undefined;
  byId('correction-line').hidden = !canCorrect;
  byId('correction').checked = prompt?.correction === true;
}

/** Where something is said: a mark on the scrubber for each object and frame. */
export function showMarks(objects, { first, last }) {
  const marks = objects.flatMap(({ prompts, color }) =>
    prompts.map(({ frame }) => {
      const mark = document.createElement('i');
      mark.style.setProperty('left', `${(100 * (frame - first)) / Math.max(1, last - first)}%`);
      mark.style.setProperty('background', color);
      return mark;
    }),
  );
  byId('marks').replaceChildren(...marks);
}

/** How the run is. */
export function showRun(run) {
  const { state } = run;
  const running = state === 'running';
  byId('run-box').hidden = state === 'idle';
  byId('run-stop').hidden = !running;
  byId('run-replace').hidden = run.code !== 'output_exists';
  byId('run').disabled = running;
  const bar = byId('run-bar');
  bar.hidden = !running;
  const text = byId('run-text');
  text.className = state === 'failed' ? 'bad' : '';
  const lines = byId('run-lines');
  lines.hidden = state !== 'done';
  lines.textContent = (run.lines ?? []).join('\n');
  if (run.part !== undefined) bar.value = run.part;
  else bar.removeAttribute('value');
  text.textContent = runText(run);
}

function runText(run) {
  switch (run.state) {
    case 'running':
      return run.text;
    case 'stopped':
      return 'Stopped; what was tracked is kept.';
    case 'failed':
      return [run.message, run.hint].filter(Boolean).join(' ');
    default:
      return '';
  }
}
