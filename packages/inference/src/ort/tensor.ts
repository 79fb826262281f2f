import { Tensor } from 'onnxruntime-node';

/** A value that goes into a network or comes out of it. */
export type NetworkValue = Tensor;

/** A float32 value for a network, row-major, over `data` (not copied). */
export function floatInput(data: Float32Array, dims: readonly number[]): NetworkValue {
  return new Tensor('float32', data, dims);
}

/** A float16 value for a network, row-major, over the bits in `data`. */
export function halfInput(data: Uint16Array, dims: readonly number[]): NetworkValue {
  const tensor = new Tensor('float16', data, dims);
  // Where there is a Float16Array the tensor has become one, which the runtime's binding cannot read.
  Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
}

/** An 8-bit value for a network, row-major, over `data` (not copied). */
export function byteInput(data: Uint8Array, dims: readonly number[]): NetworkValue {
  return new Tensor('uint8', data, dims);
}

/** Whole numbers as the 64-bit value that networks take for indices. */
export function intInput(values: readonly number[], dims: readonly number[]): NetworkValue {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}
