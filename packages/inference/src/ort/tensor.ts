import { Tensor } from 'onnxruntime-node';

/** A value that goes into a network or comes out of it. */
export type NetworkValue = Tensor;

/** A float32 value for a network, row-major, over `data` (not copied). */
export function floatInput(data: Float32Array, dims: readonly number[]): NetworkValue {
  return new Tensor('float32', data, dims);
}
