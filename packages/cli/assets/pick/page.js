import { ApiFailure, createApi } from './api.js';
import { isKey, maskKey } from './mask-key.js';
import { showMarks, showObjects, showPrompts, showRun } from './side.js';
import { Stage, tintedMask } from './stage.js';

/** Frames and masks that the page keeps, the last ones used. */
const keptFrames = 24;
const keptMasks = 24;
/** Before another try, where roto does not answer. */
const retryMs = 1500;

const byId = (id) => document.getElementById(id);
const api = createApi();

/** What this page looks at; what is picked is on the desk, which other pages see too. */
const look = { frame: 0, object: 0, negative: false, masks: true };
let facts;
let desk;
let stage;
/** Asked for although nothing is said on the frame: keys of masks. */
const asked = new Set();
const frames = new Map();
const masks = new Map();
/** What is being fetched, by what it is for. */
const fetching = new Map();

function say(text, bad = false) {
  const line = byId('say');
  line.textContent = text;
  line.classList.toggle('bad', bad);
}

function keep(map, key, value, most) {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value);
}

function objectsInColor() {
  const { colors } = facts;
  return desk.objects.map((object, index) => ({
    ...object,
    color: object.color ?? colors[index % colors.length],
  }));
}

const chosenObject = () => desk.objects.find(({ id }) => id === look.object);
const promptOf = (object) => object?.prompts.find(({ frame }) => frame === look.frame);

/** Does what somebody asked for, and says so where it cannot be done. */
async function attempt(work) {
  try {
    say('');
    await work();
  } catch (error) {
    say(error instanceof ApiFailure ? error.message : 'roto does not answer.', true);
  }
}

const act = (type, fields = {}) => attempt(() => api.act({ type, ...fields }));
const actHere = (type, fields = {}) =>
  act(type, { object: look.object, frame: look.frame, ...fields });

/** Fetches something once at a time; a newer wish for the same place stops the one before. */
async function fetchOnce(place, key, load) {
  const before = fetching.get(place);
  if (before?.key === key) return;
  before?.stop.abort();
  const stop = new AbortController();
  fetching.set(place, { key, stop });
  showBusy();
  try {
    await load(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    asked.delete(key);
    say(error instanceof ApiFailure ? error.message : 'roto does not answer.', true);
  } finally {
    if (fetching.get(place)?.stop === stop) fetching.delete(place);
    showBusy();
  }
  render();
}

function showBusy() {
  const line = byId('busy');
  const waiting = [...fetching.keys()];
  line.hidden = waiting.length === 0;
  line.textContent = waiting.some((place) => place !== 'frame')
    ? 'Looking for the object …'
    : 'Loading the frame …';
}

function wantFrame() {
  const { frame } = look;
  if (frames.has(frame)) {
    fetching.get('frame')?.stop.abort();
    fetching.delete('frame');
    return;
  }
  void fetchOnce('frame', String(frame), async (signal) => {
    keep(frames, frame, await api.frame(frame, signal), keptFrames);
  });
}

/** The key of a mask that is to be seen: where something is said, or all is tracked, or it was asked for. */
function wantedMask(object) {
  const key = maskKey(desk.objects, object.id, look.frame);
  const said = promptOf(object);
  const isLookedAt = desk.canTrack || (said !== undefined && isKey(said));
  if (key === undefined || !isLookedAt) return undefined;
  const place = `${look.frame} ${key}`;
  const isSaid = said !== undefined;
  return isSaid || desk.tracked || asked.has(place) ? place : undefined;
}

function wantMasks(objects) {
  for (const object of objects) {
    const place = `mask-${object.id}`;
    const key = wantedMask(object);
    if (key === undefined || masks.has(key)) {
      fetching.get(place)?.stop.abort();
      fetching.delete(place);
      continue;
    }
    void fetchOnce(place, key, async (signal) => {
      const mask = await api.mask(object.id, look.frame, signal);
      keep(masks, key, mask ?? { score: undefined }, keptMasks);
    });
  }
}

/** Keys of the masks that were seen last, by object and frame: they stay until the next one comes. */
const seen = new Map();

/** The mask of an object in the colour it has now; the one before, paler, while a new one is made. */
function maskLayer(object) {
  const key = wantedMask(object);
  if (key === undefined) return [];
  const place = `${object.id} ${look.frame}`;
  if (masks.has(key)) keep(seen, place, key, keptMasks);
  const mask = masks.get(masks.has(key) ? key : seen.get(place));
  if (mask?.picture === undefined) return [];
  if (mask.color !== object.color) {
    mask.color = object.color;
    mask.layer = tintedMask(mask.picture, object.color);
  }
  return [{ layer: mask.layer, opacity: masks.has(key) ? 1 : 0.4 }];
}

function scoreOf(id) {
  const object = desk.objects.find((each) => each.id === id);
  const key = object === undefined ? undefined : wantedMask(object);
  const score = key === undefined ? undefined : masks.get(key)?.score;
  if (score === undefined) return '';
  return score > 0.5 ? `${Math.round(score * 100)} %` : 'lost';
}

let shownFrame;

function render() {
  if (facts === undefined || desk === undefined) return;
  if (chosenObject() === undefined) look.object = desk.objects.at(-1).id;
  const objects = objectsInColor();
  wantFrame();
  wantMasks(objects);
  if (frames.has(look.frame)) shownFrame = look.frame;
  const isHere = shownFrame === look.frame;
  stage.show({
    picture: frames.get(shownFrame),
    masks: isHere && look.masks ? objects.flatMap(maskLayer) : [],
    objects: isHere
      ? objects.map((object) => ({
          color: object.color,
          chosen: object.id === look.object,
          prompt: promptOf(object),
        }))
      : [],
  });
  renderControls(objects);
}

function renderControls(objects) {
  const chosen = chosenObject();
  const prompt = promptOf(chosen);
  const elsewhere = chosen.prompts.some((each) => each.frame !== look.frame && isKey(each));
  showObjects({ objects, chosen: look.object, scoreOf }, sideActions);
  showPrompts({ prompt, canCorrect: prompt !== undefined && elsewhere }, sideActions);
  showMarks(objects, facts.range);
  showRun(desk.run);
  byId('undo').disabled = !desk.canUndo;
  byId('redo').disabled = !desk.canRedo;
  byId('plus').setAttribute('aria-pressed', String(!look.negative));
  byId('minus').setAttribute('aria-pressed', String(look.negative));
  byId('veil').setAttribute('aria-pressed', String(look.masks));
  const untracked = objects.some(
    (object) =>
      maskKey(desk.objects, object.id, look.frame) !== undefined &&
      wantedMask(object) === undefined,
  );
  byId('look').disabled = !untracked;
  byId('look').hidden = !desk.canTrack;
  byId('scrub').value = String(look.frame);
  if (document.activeElement !== byId('frame')) byId('frame').value = String(look.frame);
  const nothing = desk.objects.every(({ prompts }) => prompts.length === 0);
  byId('save').disabled = nothing || desk.saved;
  if (desk.run.state !== 'running') byId('run').disabled = nothing;
  byId('file-state').textContent = desk.saved
    ? 'Saved.'
    : nothing
      ? 'Nothing is picked yet.'
      : 'Not saved yet.';
  byId('file-state').classList.toggle('bad', !desk.saved && !nothing);
}

function go(frame) {
  const { first, last } = facts.range;
  if (!Number.isFinite(frame)) return;
  look.frame = Math.min(last, Math.max(first, Math.round(frame)));
  say('');
  render();
}

function choose(id) {
  if (look.object === id) return;
  look.object = id;
  render();
}

const sideActions = {
  choose,
  rename: (object, name) => act('rename-object', { object, name }).then(render),
  removeObject: (object) => act('remove-object', { object }),
  removePoint: (index) => actHere('remove-point', { index }),
  removeBox: () => actHere('remove-box'),
};

const stageActions = {
  negative: () => look.negative,
  point({ x, y }, label) {
    const chosen = chosenObject();
    const hasMask = promptOf(chosen) === undefined && wantedMask(chosen) !== undefined;
    // Whoever sees a mask that was tracked to here clicks where it is wrong.
    void actHere('add-point', { point: { x, y, label }, ...(hasMask ? { correction: true } : {}) });
  },
  move: ({ index }, { x, y }) => void actHere('move-point', { index, x, y }),
  remove: ({ index }) => void actHere('remove-point', { index }),
  box: (box) => void actHere('set-box', { box }),
};

async function addObject() {
  const before = new Set(desk.objects.map(({ id }) => id));
  await act('add-object');
  const added = desk.objects.find(({ id }) => !before.has(id));
  if (added !== undefined) choose(added.id);
  else pendingChoice = before;
}
/** Objects there were when another one was asked for, until it comes. */
let pendingChoice;

function trackToHere() {
  for (const object of desk.objects) {
    const key = maskKey(desk.objects, object.id, look.frame);
    if (key !== undefined) asked.add(`${look.frame} ${key}`);
  }
  render();
}

const save = () =>
  attempt(async () => {
    await api.save();
    say(`Saved ${facts.file}.`);
  });
const run = (overwrite = false) => attempt(() => api.run(overwrite || desk.run.state === 'done'));

async function done() {
  const isLost = !desk.saved && desk.canUndo && desk.run.state !== 'done';
  if (isLost && !confirm('What is picked is not saved. End roto pick without it?')) return;
  await attempt(() => api.done());
  ended = true;
}
/** Whether somebody said on this page that they are done. */
let ended = false;

const commands = {
  save,
  run: () => run(),
  done,
  undo: () => act('undo'),
  redo: () => act('redo'),
  fit: () => stage.fit(),
  veil() {
    look.masks = !look.masks;
    render();
  },
  look: trackToHere,
  plus: () => setNegative(false),
  minus: () => setNegative(true),
  back: () => go(look.frame - 1),
  forth: () => go(look.frame + 1),
  'add-object': addObject,
  'run-stop': () => attempt(() => api.stopRun()),
  'run-replace': () => run(true),
};

function setNegative(negative) {
  look.negative = negative;
  render();
}

const keys = {
  ',': () => go(look.frame - 1),
  '.': () => go(look.frame + 1),
  '<': () => go(look.frame - 10),
  '>': () => go(look.frame + 10),
  ';': () => go(look.frame - 10),
  ':': () => go(look.frame + 10),
  z: () => commands.undo(),
  Z: () => commands.redo(),
  y: () => commands.redo(),
  x: () => setNegative(!look.negative),
  m: () => commands.veil(),
  t: () => commands.look(),
  0: () => commands.fit(),
  n: () => commands['add-object'](),
  s: () => commands.save(),
  r: () => commands.run(),
};

function onKey(event) {
  const { target, key } = event;
  const isField =
    target.tagName === 'INPUT' && target.type !== 'range' && target.type !== 'checkbox';
  if (isField || event.altKey) return;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && !['z', 'Z', 'y', 's'].includes(key)) return;
  const nth = desk?.objects[Number(key) - 1];
  if (/^[1-9]$/.test(key) && nth !== undefined) return choose(nth.id);
  const command = keys[key];
  if (command === undefined || desk === undefined) return;
  event.preventDefault();
  void command();
}

function listen() {
  for (const [id, command] of Object.entries(commands)) {
    byId(id).addEventListener('click', () => void command());
  }
  byId('scrub').addEventListener('input', (event) => go(event.target.valueAsNumber));
  byId('frame').addEventListener('change', (event) => go(event.target.valueAsNumber));
  byId('correction').addEventListener('change', (event) =>
    actHere('set-correction', { correction: event.target.checked }),
  );
  addEventListener('keydown', onKey);
}

function begin() {
  const { clip, range } = facts;
  document.title = `${clip.name} · roto pick`;
  const rate = clip.rate.num / clip.rate.den;
  byId('clip').textContent =
    `${clip.name} · ${clip.width}×${clip.height} · ${Number(rate.toFixed(3))} fps · ${facts.engine}`;
  byId('file').textContent = facts.file;
  byId('command').textContent = facts.command;
  const scrub = byId('scrub');
  for (const field of [scrub, byId('frame')]) {
    field.min = String(range.first);
    field.max = String(range.last);
  }
  byId('stage').style.setProperty(
    '--stage-height',
    `${(100 * clip.height) / (clip.width * clip.pixelAspect)}vw`,
  );
  look.frame = facts.frame;
  stage = new Stage(byId('canvas'), clip, stageActions);
  listen();
  if (facts.warnings.length > 0) say(facts.warnings.join(' '));
}

function onView(view) {
  byId('over').hidden = true;
  document.querySelector('main').inert = false;
  desk = view;
  const added = pendingChoice && view.objects.find(({ id }) => !pendingChoice.has(id));
  if (added) {
    look.object = added.id;
    pendingChoice = undefined;
  }
  render();
}

function showOver(text) {
  byId('over-text').textContent = text;
  byId('over').hidden = false;
  document.querySelector('main').inert = true;
}

/** Follows the desk as long as roto runs, over connections that break. */
async function start() {
  for (;;) {
    try {
      if (facts === undefined) {
        facts = await api.facts();
        begin();
      }
      await api.follow(onView);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 403) {
        showOver('Open this page by the link that roto printed.');
        return;
      }
    }
    if (ended) {
      showOver('Done. This page can be closed.');
      return;
    }
    showOver('roto pick has ended, or does not answer. This page can be closed.');
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

void start();
