import { describe, expect, it } from 'vitest';
import { connectedComponents, dropSmallParts } from './components.ts';
import { deepCells } from './decoder-prompts.ts';
import { distanceTo } from './distance.ts';
import { boxOfCells, filledGrid, type MaskGrid, positiveCells, resampleGrid } from './mask-grid.ts';
import { gridFromMatte } from './seed-mask.ts';
import { viewAround } from './view.ts';

const picture = { width: 640, height: 360 };
const rules = { inputSize: 1024, cut: true, context: 2, minSide: 256 };

function cellsOf(rows: readonly string[]): Uint8Array {
  return Uint8Array.from(rows.join(''), (cell) => (cell === '#' ? 1 : 0));
}

function boxMatte(x1: number, y1: number, x2: number, y2: number): Uint8Array {
  const matte = new Uint8Array(picture.width * picture.height);
  for (let y = y1; y < y2; y++) {
    matte.fill(255, y * picture.width + x1, y * picture.width + x2);
  }
  return matte;
}

describe('parts of a mask', () => {
  const cells = cellsOf(['##...', '##..#', '...#.', '.....', '#....']);

  it('are joined by sides and corners', () => {
    const { labels, areas } = connectedComponents(cells, 5, 5);
    expect(areas).toEqual([0, 4, 2, 1]);
    expect(labels[1 * 5 + 4]).toBe(labels[2 * 5 + 3]);
  });

  it('go when they are small beside the largest', () => {
    expect(dropSmallParts(cells, 5, 5, 0.5)).toEqual(
      cellsOf(['##...', '##..#', '...#.', '.....', '.....']),
    );
  });
});

describe('distanceTo', () => {
  it('is the Euclidean distance to the nearest cell, as a search of all cells gives', () => {
    const [width, height] = [23, 17];
    const cells = Uint8Array.from({ length: width * height }, (_, i) =>
      (i * 37) % 29 === 0 ? 1 : 0,
    );
    const distance = distanceTo(cells, width, height, 1);
    for (let at = 0; at < cells.length; at++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < cells.length; i++) {
        if (cells[i] === 1) {
          const dx = (i % width) - (at % width);
          const dy = Math.floor(i / width) - Math.floor(at / width);
          nearest = Math.min(nearest, Math.hypot(dx, dy));
        }
      }
      expect(distance[at]).toBeCloseTo(nearest, 4);
    }
  });
});

describe('deepCells', () => {
  it('finds the middle of each blob, the larger blob first', () => {
    const [width, height] = [64, 32];
    const cells = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const large = Math.hypot(x - 16, y - 16) < 11;
        const small = Math.hypot(x - 48, y - 16) < 6;
        cells[y * width + x] = large || small ? 1 : 0;
      }
    }
    expect(deepCells(cells, width, height, 2, 1)).toEqual([
      { x: 16, y: 16 },
      { x: 48, y: 16 },
    ]);
  });
});

describe('masks of views', () => {
  it('keep their place in the picture when seen in another view', () => {
    const near = viewAround({ x: 300, y: 180 }, 256, picture, rules);
    const wide = viewAround({ x: 320, y: 180 }, 512, picture, rules);
    const mask = gridFromMatte(boxMatte(260, 120, 340, 220), picture, near);
    const box = boxOfCells(positiveCells(resampleGrid(mask, wide)), wide);
    expect(Math.abs((box?.x1 ?? 0) - 260)).toBeLessThanOrEqual(2);
    expect(Math.abs((box?.y1 ?? 0) - 120)).toBeLessThanOrEqual(2);
    expect(Math.abs((box?.x2 ?? 0) - 340)).toBeLessThanOrEqual(2);
    expect(Math.abs((box?.y2 ?? 0) - 220)).toBeLessThanOrEqual(2);
  });

  it('are background where the other view did not look', () => {
    const near = viewAround({ x: 128, y: 128 }, 256, picture, rules);
    const wide = viewAround({ x: 320, y: 180 }, 640, picture, rules);
    const full: MaskGrid = filledGrid(near, 5);
    const box = boxOfCells(positiveCells(resampleGrid(full, wide)), wide);
    expect(box?.x2).toBeLessThanOrEqual(258);
    expect(box?.y2).toBeLessThanOrEqual(258);
  });

  it('hold a given matte to the pixel: full cells 10, empty ones -10, half ones 0', () => {
    const view = viewAround({ x: 128, y: 128 }, 256, picture, rules);
    const mask = gridFromMatte(boxMatte(40, 40, 100, 100), picture, view);
    expect(mask.logits[50 * mask.width + 50]).toBe(10);
    expect(mask.logits[10 * mask.width + 10]).toBe(-10);
    expect(boxOfCells(positiveCells(mask), view)).toEqual({ x1: 40, y1: 40, x2: 100, y2: 100 });
  });
});
