import { fitView, insidePicture, panView, toPicture, toWindow, zoomView } from './view-geometry.js';

/** Pixels of the screen that a press may move and still be a click. */
const clickSlack = 5;
/** Pixels of the screen from a point within which it is meant. */
const reach = 12;
const tint = 0.5;
/** Where alpha is nearer to a half than this, the outline is drawn. */
const outlineBand = 0.35;

/** A mask in the colour of its object, with its outline. */
export function tintedMask(picture, color) {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  const value = Number.parseInt(color.slice(1), 16);
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at] / 255;
    const onOutline = Math.abs(alpha - 0.5) < outlineBand;
    data[at] = value >> 16;
    data[at + 1] = (value >> 8) & 255;
    data[at + 2] = value & 255;
    data[at + 3] = (onOutline ? 0.9 : alpha * tint) * 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The frame on a canvas: draws it, and tells what is meant by pointers and keys in it. */
export class Stage {
  #canvas;
  #context;
  #clip;
  #on;
  #fit;
  #view;
  #scene = { picture: undefined, masks: [], objects: [] };
  #pointers = new Map();
  #press;
  #pinch;
  /** Where the keys point, in pixels of the clip; there once a key was used. */
  #cursor;
  #corner;
  #panKey = false;
  /** Of the next drawing; 0 where none is asked for. */
  #request = 0;

  /** `on` has `point(place, label)`, `move(hit, place)`, `remove(hit)`, `box(box)`, `negative()`. */
  constructor(canvas, clip, on) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#clip = clip;
    this.#on = on;
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    this.#listen();
  }

  /** What is to be seen: `picture`, `masks` (`{layer, opacity}`), `objects` (`{color, chosen, prompt}`). */
  show(scene) {
    this.#scene = scene;
    this.#draw();
  }

  fit() {
    this.#view = this.#fit;
    this.#draw();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (width === 0 || height === 0) return;
    const before = this.#fit;
    const isFit = this.#view === before;
    this.#fit = fitView(this.#clip, this.#clip.pixelAspect, { width, height });
    this.#view = isFit
      ? this.#fit
      : panView(this.#view, { x: 0, y: 0 }, this.#clip, { width, height });
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#draw();
  }

  #draw() {
    if (this.#request !== 0) return;
    this.#request = requestAnimationFrame(() => {
      this.#request = 0;
      this.#drawNow();
    });
  }

  #drawNow() {
    if (this.#view === undefined) return;
    const context = this.#context;
    const { left, top, scaleX, scaleY } = this.#view;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#canvas.clientWidth, this.#canvas.clientHeight);
    const { picture, masks, objects } = this.#scene;
    const [width, height] = [this.#clip.width * scaleX, this.#clip.height * scaleY];
    context.imageSmoothingEnabled = scaleY < 4;
    if (picture !== undefined) context.drawImage(picture, left, top, width, height);
    for (const { layer, opacity } of masks) {
      context.globalAlpha = opacity;
      context.drawImage(layer, left, top, width, height);
    }
    context.globalAlpha = 1;
    for (const object of objects) if (!object.chosen) this.#drawPrompt(object);
    for (const object of objects) if (object.chosen) this.#drawPrompt(object);
    this.#drawGesture(objects.find(({ chosen }) => chosen)?.color ?? '#ffffff');
  }

  #drawPrompt({ prompt, color, chosen }) {
    if (prompt === undefined) return;
    this.#context.globalAlpha = chosen ? 1 : 0.6;
    if (prompt.box !== undefined) this.#drawBox(prompt.box, color);
    for (const point of prompt.points)
      this.#drawPoint(toWindow(this.#view, point), point.label, color);
    this.#context.globalAlpha = 1;
  }

  #drawBox({ x1, y1, x2, y2 }, color, dash = []) {
    const context = this.#context;
    const from = toWindow(this.#view, { x: x1, y: y1 });
    const to = toWindow(this.#view, { x: x2, y: y2 });
    context.setLineDash(dash);
    for (const [style, width] of [
      ['#000000', 4],
      [color, 2],
    ]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y);
    }
    context.setLineDash([]);
  }

  /** The sign tells on and beside apart, whatever the colours look like to somebody. */
  #drawPoint({ x, y }, label, color) {
    const context = this.#context;
    const positive = label === 'positive';
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.fillStyle = positive ? '#ffffff' : '#10151b';
    context.fill();
    context.lineWidth = 3;
    context.strokeStyle = color;
    context.stroke();
    context.beginPath();
    context.moveTo(x - 4, y);
    context.lineTo(x + 4, y);
    if (positive) {
      context.moveTo(x, y - 4);
      context.lineTo(x, y + 4);
    }
    context.lineWidth = 2;
    context.strokeStyle = positive ? '#10151b' : '#ffffff';
    context.stroke();
  }

  #drawGesture(color) {
    const drag = this.#press;
    if (drag?.kind === 'box' && drag.moved) {
      this.#drawBox(boxOf(drag.from, drag.to), color, [6, 4]);
    }
    if (drag?.kind === 'point' && drag.moved) {
      this.#drawPoint(toWindow(this.#view, drag.to), drag.hit.label, color);
    }
    if (this.#cursor === undefined || document.activeElement !== this.#canvas) return;
    if (this.#corner !== undefined) this.#drawBox(boxOf(this.#corner, this.#cursor), color, [6, 4]);
    const { x, y } = toWindow(this.#view, this.#cursor);
    const context = this.#context;
    for (const [style, width] of [
      ['#000000', 4],
      ['#ffffff', 2],
    ]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x - 14, y);
      context.lineTo(x - 4, y);
      context.moveTo(x + 4, y);
      context.lineTo(x + 14, y);
      context.moveTo(x, y - 14);
      context.lineTo(x, y - 4);
      context.moveTo(x, y + 4);
      context.lineTo(x, y + 14);
      context.stroke();
    }
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#up(event));
    canvas.addEventListener('pointercancel', (event) => this.#cancel(event));
    canvas.addEventListener('contextmenu', (event) => event.preventDefault());
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener('keydown', (event) => this.#key(event));
    for (const type of ['focus', 'blur']) canvas.addEventListener(type, () => this.#draw());
    addEventListener('keydown', (event) => {
      if (event.code === 'Space' && event.target === canvas) this.#panKey = true;
    });
    addEventListener('keyup', (event) => {
      if (event.code === 'Space') this.#panKey = false;
    });
  }

  #down(event) {
    this.#pointers.set(event.pointerId, placeOf(event));
    this.#canvas.setPointerCapture(event.pointerId);
    this.#cursor = undefined;
    if (this.#pointers.size === 2) {
      this.#press = undefined;
      this.#pinch = this.#fingers();
      return;
    }
    const at = placeOf(event);
    const place = toPicture(this.#view, at);
    const hit = this.#hit(at);
    const isPan = event.button === 1 || this.#panKey;
    const kind = isPan ? 'pan' : hit === undefined || event.button !== 0 ? 'box' : 'point';
    this.#press = {
      kind,
      hit,
      at,
      from: place,
      to: place,
      moved: false,
      remove: event.altKey && hit !== undefined,
      negative: event.shiftKey || event.button === 2 || this.#on.negative(),
    };
  }

  #move(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    const at = placeOf(event);
    const before = this.#pointers.get(event.pointerId);
    this.#pointers.set(event.pointerId, at);
    if (this.#pinch !== undefined) {
      if (this.#pointers.size >= 2) this.#pinchTo(this.#fingers());
      return;
    }
    const press = this.#press;
    if (press === undefined) return;
    press.moved ||= Math.hypot(at.x - press.at.x, at.y - press.at.y) > clickSlack;
    press.to = insidePicture(toPicture(this.#view, at), this.#clip);
    if (press.kind === 'pan') this.#pan({ x: at.x - before.x, y: at.y - before.y });
    this.#draw();
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#pinch !== undefined) {
      if (this.#pointers.size === 0) this.#pinch = undefined;
      return;
    }
    const press = this.#press;
    this.#press = undefined;
    if (press !== undefined) this.#finish(press);
    this.#draw();
  }

  #cancel(event) {
    this.#pointers.delete(event.pointerId);
    this.#press = undefined;
    if (this.#pointers.size === 0) this.#pinch = undefined;
    this.#draw();
  }

  #finish(press) {
    const { kind, hit, moved, from, to } = press;
    if (kind === 'pan') return;
    if (press.remove) return this.#on.remove(hit);
    if (kind === 'point' && moved) return this.#on.move(hit, to);
    if (moved) return this.#on.box(boxOf(insidePicture(from, this.#clip), to));
    if (!isInside(from, this.#clip)) return;
    this.#on.point(from, press.negative ? 'negative' : 'positive');
  }

  /** The point of the chosen object under a place, the nearest one. */
  #hit(at, within = reach) {
    const prompt = this.#scene.objects.find(({ chosen }) => chosen)?.prompt;
    const points = (prompt?.points ?? []).map(({ label, ...place }, index) => {
      const { x, y } = toWindow(this.#view, place);
      return { index, label, distance: Math.hypot(x - at.x, y - at.y) };
    });
    return points
      .filter(({ distance }) => distance <= within)
      .sort((one, other) => one.distance - other.distance)[0];
  }

  #fingers() {
    const [one, other] = [...this.#pointers.values()];
    return {
      x: (one.x + other.x) / 2,
      y: (one.y + other.y) / 2,
      spread: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
    };
  }

  #pinchTo(now) {
    const { x, y, spread } = this.#pinch;
    this.#view = zoomView(this.#view, this.#fit, now.spread / spread, { x, y });
    this.#pinch = now;
    this.#pan({ x: now.x - x, y: now.y - y });
  }

  #pan(by) {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (this.#view !== this.#fit)
      this.#view = panView(this.#view, by, this.#clip, { width, height });
    this.#draw();
  }

  #wheel(event) {
    event.preventDefault();
    this.#view = zoomView(this.#view, this.#fit, 1.0015 ** -event.deltaY, placeOf(event));
    this.#pan({ x: 0, y: 0 });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = (event.shiftKey ? 1 : 12) / this.#view.scaleY;
    const cursor = this.#cursor ?? { x: this.#clip.width / 2, y: this.#clip.height / 2 };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move !== undefined) {
      const [x, y] = move;
      this.#cursor = insidePicture({ x: cursor.x + x * step, y: cursor.y + y * step }, this.#clip);
    } else if (event.key === 'Enter') this.#enter(cursor);
    else if (event.key === 'Backspace' || event.key === 'Delete') {
      const hit = this.#hit(toWindow(this.#view, cursor), Number.POSITIVE_INFINITY);
      if (hit !== undefined) this.#on.remove(hit);
    } else if (event.key.toLowerCase() === 'b') {
      if (this.#corner === undefined) this.#corner = cursor;
      else this.#enter(cursor);
      this.#cursor = cursor;
    } else if (event.key === 'Escape') this.#corner = undefined;
    else return;
    event.preventDefault();
    this.#draw();
  }

  #enter(cursor) {
    this.#cursor = cursor;
    const corner = this.#corner;
    this.#corner = undefined;
    if (corner !== undefined) this.#on.box(boxOf(corner, cursor));
    else this.#on.point(cursor, this.#on.negative() ? 'negative' : 'positive');
  }
}

function placeOf({ offsetX, offsetY }) {
  return { x: offsetX, y: offsetY };
}

function isInside({ x, y }, { width, height }) {
  return x >= 0 && y >= 0 && x <= width && y <= height;
}

function boxOf(one, other) {
  return {
    x1: Math.min(one.x, other.x),
    y1: Math.min(one.y, other.y),
    x2: Math.max(one.x, other.x),
    y2: Math.max(one.y, other.y),
  };
}
