/**
 * The buffer of an array if it may move to another thread: only where it holds that array and
 * nothing else. A view into Node's shared pool, or into shared memory, is copied instead.
 */
export function ownBuffer(array: ArrayBufferView): readonly ArrayBuffer[] {
  const { buffer } = array;
  const whole = array.byteOffset === 0 && array.byteLength === buffer.byteLength;
  return whole && buffer instanceof ArrayBuffer ? [buffer] : [];
}
