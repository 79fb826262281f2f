import { half } from './alpha.ts';

/** Which islands of a picture go. */
export interface IslandRule {
  /** Islands of fewer pixels than this are removed. */
  readonly area: number;
  /** Pixels that touch by a corner belong together. */
  readonly corners: boolean;
  /** Islands that touch the picture's border stay whatever their area. */
  readonly keepAtBorder: boolean;
}

const kept = 1;
const removed = 2;

/**
 * Sets small islands to 0, in place, and returns whether anything changed. An island is a connected
 * set of values of a half or more; the soft rim around it goes with it, and rim between two islands
 * belongs to the nearer one. Faint sets that nowhere reach a half are islands of their own.
 */
export function removeIslands(values: Uint16Array, width: number, rule: IslandRule): boolean {
  const fill = new IslandFill(values, width, rule);
  fill.visit(half);
  fill.spreadToRims();
  fill.visit(1);
  return fill.erase();
}

class IslandFill {
  readonly #values: Uint16Array;
  readonly #width: number;
  readonly #height: number;
  readonly #rule: IslandRule;
  readonly #fate: Uint8Array;
  readonly #queue: Int32Array;
  #queued = 0;

  constructor(values: Uint16Array, width: number, rule: IslandRule) {
    this.#values = values;
    this.#width = width;
    this.#height = Math.floor(values.length / width);
    this.#rule = rule;
    this.#fate = new Uint8Array(values.length);
    this.#queue = new Int32Array(values.length);
  }

  /** Decides every island of values of `least` or more that has no fate yet. */
  visit(least: number): void {
    for (let i = 0; i < this.#values.length; i++) {
      if (this.#fate[i] === 0 && (this.#values[i] ?? 0) >= least) this.#decide(i, least);
    }
  }

  /** Rings of soft pixels take the fate of the island they surround, nearest first. */
  spreadToRims(): void {
    for (let next = 0; next < this.#queued; next++) {
      const at = this.#queue[next] ?? 0;
      this.#grow(at, 1, this.#fate[at] ?? 0);
    }
  }

  erase(): boolean {
    let changed = false;
    for (let i = 0; i < this.#values.length; i++) {
      if (this.#fate[i] !== removed) continue;
      this.#values[i] = 0;
      changed = true;
    }
    return changed;
  }

  #decide(start: number, least: number): void {
    const first = this.#queued;
    this.#fate[start] = kept;
    this.#queue[this.#queued++] = start;
    let atBorder = false;
    for (let next = first; next < this.#queued; next++) {
      const at = this.#queue[next] ?? 0;
      atBorder ||= this.#isAtBorder(at);
      this.#grow(at, least, kept);
    }
    const stays = this.#queued - first >= this.#rule.area || (atBorder && this.#rule.keepAtBorder);
    if (stays) return;
    for (let next = first; next < this.#queued; next++)
      this.#fate[this.#queue[next] ?? 0] = removed;
  }

  #isAtBorder(at: number): boolean {
    const x = at % this.#width;
    const y = (at - x) / this.#width;
    return x === 0 || y === 0 || x === this.#width - 1 || y === this.#height - 1;
  }

  #grow(at: number, least: number, fate: number): void {
    const x = at % this.#width;
    const y = (at - x) / this.#width;
    for (let dy = -1; dy <= 1; dy++) {
      if (y + dy < 0 || y + dy >= this.#height) continue;
      for (let dx = -1; dx <= 1; dx++) {
        if (x + dx < 0 || x + dx >= this.#width) continue;
        if (dx !== 0 && dy !== 0 && !this.#rule.corners) continue;
        const near = at + dy * this.#width + dx;
        if (this.#fate[near] !== 0 || (this.#values[near] ?? 0) < least) continue;
        this.#fate[near] = fate;
        this.#queue[this.#queued++] = near;
      }
    }
  }
}
