import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './model.ts';

// Field numbers are those of onnx.proto3; they never change.

function text(writer: BinaryWriter, field: number, value: string): void {
  if (value !== '') {
    writer.tag(field, WireType.LengthDelimited).string(value);
  }
}

function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  text(writer, 1, value.name);
  message(writer, 2, () => {
    message(writer, 1, () => {
      integer(writer, 1, elementTypes[value.type]);
      if (value.shape !== undefined) {
        writeShape(writer, value.shape);
      }
    });
  });
}

function writeShape(writer: BinaryWriter, shape: readonly (number | string)[]): void {
  message(writer, 2, () => {
    for (const side of shape) {
      message(writer, 1, () => {
        if (typeof side === 'number') {
          integer(writer, 1, side);
        } else {
          text(writer, 2, side);
        }
      });
    }
  });
}

function writeTensor(writer: BinaryWriter, tensor: OnnxTensor): void {
  for (const side of tensor.dims) {
    integer(writer, 1, side);
  }
  integer(writer, 2, elementTypes[tensor.type]);
  text(writer, 8, tensor.name);
  const { data } = tensor;
  if (data instanceof Uint8Array) {
    writer.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    message(writer, 13, () => {
      text(writer, 1, key);
      text(writer, 2, String(value));
    });
  }
  integer(writer, 14, 1);
}

/** Numbers of `AttributeProto.AttributeType`. */
const attributeKinds = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const satisfies Record<OnnxAttribute['kind'], number>;

function writeAttributeValue(writer: BinaryWriter, attribute: OnnxAttribute): void {
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      integer(writer, 3, attribute.value);
      break;
    case 'string':
      writer.tag(4, WireType.LengthDelimited).string(attribute.value);
      break;
    case 'tensor':
      message(writer, 5, () => writeTensor(writer, attribute.value));
      break;
    case 'graph':
      message(writer, 6, () => writeGraph(writer, attribute.value));
      break;
    case 'floats':
      for (const value of attribute.value) {
        writer.tag(7, WireType.Bit32).float(value);
      }
      break;
    case 'ints':
      for (const value of attribute.value) {
        integer(writer, 8, value);
      }
      break;
    case 'strings':
      for (const value of attribute.value) {
        writer.tag(9, WireType.LengthDelimited).string(value);
      }
      break;
  }
  integer(writer, 20, attributeKinds[attribute.kind]);
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  // An empty name keeps its place: it says that an optional input is left out.
  for (const input of node.inputs) {
    writer.tag(1, WireType.LengthDelimited).string(input);
  }
  for (const output of node.outputs) {
    writer.tag(2, WireType.LengthDelimited).string(output);
  }
  text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, () => {
      text(writer, 1, name);
      writeAttributeValue(writer, attribute);
    });
  }
  text(writer, 7, node.domain);
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) {
    message(writer, 1, () => writeNode(writer, node));
  }
  text(writer, 2, graph.name);
  for (const tensor of graph.initializers) {
    message(writer, 5, () => writeTensor(writer, tensor));
  }
  for (const [field, values] of [
    [11, graph.inputs],
    [12, graph.outputs],
    [13, graph.values],
  ] as const) {
    for (const value of values) {
      message(writer, field, () => writeValue(writer, value));
    }
  }
}

/** The model as the bytes of a `ModelProto`; tensors with external data keep pointing to it. */
export function writeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  integer(writer, 1, model.irVersion);
  text(writer, 2, model.producer);
  for (const [domain, version] of Object.entries(model.opsets)) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      integer(writer, 2, version);
    });
  }
  message(writer, 7, () => writeGraph(writer, model.graph));
  return writer.finish();
}

/**
 * Makes inner values of a model its outputs too, without reading the model: protobuf merges a
 * second `graph` field into the first, and its outputs come after those already there.
 */
export function exposeValues(
  model: Uint8Array,
  values: readonly OnnxValue[],
): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  message(writer, 7, () => {
    for (const value of values) {
      message(writer, 12, () => writeValue(writer, value));
    }
  });
  const tail = writer.finish();
  const bytes = new Uint8Array(model.byteLength + tail.byteLength);
  bytes.set(model);
  bytes.set(tail, model.byteLength);
  return bytes;
}
