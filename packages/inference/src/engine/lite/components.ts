/** Connected parts of a mask: cells touching by a side or a corner carry one label. */
export interface Components {
  /** Label of each cell: 0 is none, parts count from 1. */
  readonly labels: Int32Array;
  /** Cells of each part; index 0 is unused. */
  readonly areas: readonly number[];
}

const unlabelled = -1;

/**
 * Labels the part that `start` belongs to and gives its area. `labels` has a border of 0, so that
 * no neighbour lies outside it.
 */
function labelPart(
  labels: Int32Array,
  wide: number,
  start: number,
  label: number,
  stack: Int32Array,
): number {
  const neighbours = [-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1];
  let depth = 0;
  let area = 0;
  stack[depth++] = start;
  labels[start] = label;
  while (depth > 0) {
    const at = stack[--depth] ?? 0;
    area++;
    for (const step of neighbours) {
      if (labels[at + step] === unlabelled) {
        labels[at + step] = label;
        stack[depth++] = at + step;
      }
    }
  }
  return area;
}

/** Labels the 8-connected parts of the cells set. */
export function connectedComponents(cells: Uint8Array, width: number, height: number): Components {
  const wide = width + 2;
  const bordered = new Int32Array(wide * (height + 2));
  const place = (i: number) => (Math.floor(i / width) + 1) * wide + (i % width) + 1;
  for (let i = 0; i < cells.length; i++) {
    bordered[place(i)] = cells[i] === 1 ? unlabelled : 0;
  }
  const areas = [0];
  const stack = new Int32Array(cells.length);
  const labels = new Int32Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const at = place(i);
    if (bordered[at] === unlabelled) {
      areas.push(labelPart(bordered, wide, at, areas.length, stack));
    }
    labels[i] = bordered[at] ?? 0;
  }
  return { labels, areas };
}

/** The cells of the parts of at least `share` of the largest part's area. */
export function dropSmallParts(
  cells: Uint8Array,
  width: number,
  height: number,
  share: number,
): Uint8Array {
  const { labels, areas } = connectedComponents(cells, width, height);
  const least = share * Math.max(...areas);
  const kept = new Uint8Array(cells.length);
  for (let i = 0; i < kept.length; i++) {
    const label = labels[i] ?? 0;
    kept[i] = label > 0 && (areas[label] ?? 0) >= least ? 1 : 0;
  }
  return kept;
}
