import { RotoError } from '@roto/sdk/contract';
import { elementBytes, type OnnxTensor } from './model.ts';

type NumberArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int8Array
  | Uint8Array
  | BigInt64Array;

function count(dims: readonly number[]): number {
  return dims.reduce((product, side) => product * side, 1);
}

function checked(tensor: OnnxTensor, values: NumberArray): OnnxTensor {
  if (values.length !== count(tensor.dims)) {
    throw new RotoError(
      'engine_failed',
      `Expected ${count(tensor.dims)} values for the tensor "${tensor.name}" of shape [${tensor.dims.join(', ')}] but got ${values.length}.`,
    );
  }
  return tensor;
}

/** The memory of a typed array as bytes, without a copy. Every host of Node 24 is little-endian. */
function bytesOf(values: NumberArray): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A float32 tensor over `values` (not copied). */
export function floatTensor(
  name: string,
  dims: readonly number[],
  values: Float32Array,
): OnnxTensor {
  return checked({ name, type: 'float32', dims, data: bytesOf(values) }, values);
}

/** An int8 tensor over `values` (not copied). */
export function int8Tensor(name: string, dims: readonly number[], values: Int8Array): OnnxTensor {
  return checked({ name, type: 'int8', dims, data: bytesOf(values) }, values);
}

/** An int64 tensor, the type ONNX wants for shapes, axes and indices; `values` are whole numbers. */
export function int64Tensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
): OnnxTensor {
  const wide = BigInt64Array.from(values, (value) => BigInt(value));
  return checked({ name, type: 'int64', dims, data: bytesOf(wide) }, wide);
}

/**
 * Bytes of a tensor held in the model.
 * @throws RotoError `model_corrupt` when they lie in another file or their number is wrong.
 */
export function tensorBytes(tensor: OnnxTensor): Uint8Array {
  const wanted = count(tensor.dims) * elementBytes[tensor.type];
  if (!(tensor.data instanceof Uint8Array) || tensor.data.byteLength !== wanted) {
    throw new RotoError(
      'model_corrupt',
      `Expected ${wanted} bytes inside the model for the tensor "${tensor.name}" of shape [${tensor.dims.join(', ')}].`,
    );
  }
  return tensor.data;
}

function expectType(tensor: OnnxTensor, type: OnnxTensor['type']): Uint8Array {
  if (tensor.type !== type) {
    throw new RotoError(
      'model_corrupt',
      `Expected ${type} values in the tensor "${tensor.name}" but found ${tensor.type}.`,
    );
  }
  return tensorBytes(tensor);
}

/** Copy of the values of a float32 tensor. */
export function tensorFloats(tensor: OnnxTensor): Float32Array {
  const bytes = expectType(tensor, 'float32');
  const floats = new Float32Array(bytes.byteLength / 4);
  bytesOf(floats).set(bytes);
  return floats;
}

/** Values of an int64 tensor as numbers. */
export function tensorInts(tensor: OnnxTensor): number[] {
  const bytes = expectType(tensor, 'int64');
  const ints = new BigInt64Array(bytes.byteLength / 8);
  bytesOf(ints).set(bytes);
  return Array.from(ints, Number);
}
