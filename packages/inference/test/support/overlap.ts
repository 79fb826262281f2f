/** Share of the cells of two masks of logits that both have; 1 where neither has any. */
export function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const [inA, inB] = [(a[at] ?? 0) > 0, (b[at] ?? 0) > 0];
    both += Number(inA && inB);
    either += Number(inA || inB);
  }
  return either === 0 ? 1 : both / either;
}
