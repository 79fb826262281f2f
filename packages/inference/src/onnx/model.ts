/**
 * An ONNX model as plain data: what `read-model.ts` gives and `write-model.ts` takes. Only what
 * networks need; training info, local functions and sparse tensors have no place here.
 * Source: onnx.proto3 of ONNX, IR version 8 to 10.
 */

/** Element types by name, with the numbers of `TensorProto.DataType`. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

export type ElementType = keyof typeof elementTypes;

/** Bytes of one element; a string tensor has no fixed size and is not supported as data. */
export const elementBytes = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
} as const satisfies Record<Exclude<ElementType, 'string'>, number>;

/** Where the values of a tensor lie outside the model file; lengths and offsets in bytes. */
export interface ExternalData {
  /** Path relative to the model file. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A constant: little-endian values in row-major order, inside the model or beside it. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: Exclude<ElementType, 'string'>;
  readonly dims: readonly number[];
  readonly data: Uint8Array | ExternalData;
}

export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] };

export interface OnnxNode {
  readonly op: string;
  /** Operator set; empty for ONNX's own, `com.microsoft` for the runtime's. */
  readonly domain: string;
  readonly name: string;
  /** Empty string: an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input, output or inner value. A dimension that is a name is decided at run time. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  /** Absent where the model does not say; the runtime infers it. */
  readonly shape?: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly values: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set by domain; ONNX's own has the empty domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: OnnxGraph;
}
