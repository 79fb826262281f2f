import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { RotoError } from '@roto/sdk/contract';
import {
  type ElementType,
  type ExternalData,
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './model.ts';

type Field = (field: number, wire: WireType, reader: BinaryReader) => boolean;

/** Calls `take` for each field of a message; what it does not take is skipped. */
function readFields(bytes: Uint8Array, take: Field): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const start = reader.pos;
    if (!take(field, wire, reader) && reader.pos === start) {
      reader.skip(wire, field);
    }
  }
}

function whole(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new RangeError(`Integer out of range: ${value}`);
  }
  return number;
}

/** A repeated number field, packed or not. */
function readRepeated(reader: BinaryReader, wire: WireType, read: () => void): void {
  if (wire !== WireType.LengthDelimited) {
    read();
    return;
  }
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) {
    throw new RangeError('Packed field longer than its message');
  }
  while (reader.pos < end) {
    read();
  }
}

const typeNames = new Map<number, ElementType>(
  Object.entries(elementTypes).map(([name, number]) => {
    // biome-ignore lint/plugin: the keys of elementTypes are the element types.
    return [number, name as ElementType];
  }),
);

function elementType(number: number): ElementType {
  const type = typeNames.get(number);
  if (type === undefined) {
    throw new RangeError(`Unknown element type ${number}`);
  }
  return type;
}

function readExternal(entries: ReadonlyMap<string, string>): ExternalData {
  return {
    location: entries.get('location') ?? '',
    offset: whole(entries.get('offset') ?? '0'),
    length: whole(entries.get('length') ?? '0'),
  };
}

function readEntry(bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  readFields(bytes, (field, _wire, reader) => {
    if (field === 1) {
      key = reader.string();
    } else if (field === 2) {
      value = reader.string();
    } else {
      return false;
    }
    return true;
  });
  return [key, value];
}

/** Values that lie in the typed fields of a tensor instead of in its raw bytes. */
class TypedValues {
  readonly floats: number[] = [];
  readonly ints: number[] = [];
  readonly longs: bigint[] = [];
  readonly doubles: number[] = [];

  take(field: number, wire: WireType, reader: BinaryReader): boolean {
    if (field === 4) {
      readRepeated(reader, wire, () => this.floats.push(reader.float()));
    } else if (field === 5) {
      readRepeated(reader, wire, () => this.ints.push(reader.int32()));
    } else if (field === 7) {
      readRepeated(reader, wire, () => this.longs.push(BigInt(reader.int64())));
    } else if (field === 10) {
      readRepeated(reader, wire, () => this.doubles.push(reader.double()));
    } else {
      return false;
    }
    return true;
  }

  bytes(type: ElementType): Uint8Array {
    const array = this.array(type);
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }

  private array(type: ElementType): ArrayBufferView<ArrayBuffer> {
    switch (type) {
      case 'float32':
        return Float32Array.from(this.floats);
      case 'float64':
        return Float64Array.from(this.doubles);
      case 'int64':
        return BigInt64Array.from(this.longs);
      case 'int32':
        return Int32Array.from(this.ints);
      case 'int16':
      case 'uint16':
      case 'float16':
      case 'bfloat16':
        return Uint16Array.from(this.ints);
      case 'int8':
      case 'uint8':
      case 'bool':
        return Uint8Array.from(this.ints);
      case 'uint32':
      case 'uint64':
      case 'string':
        throw new RangeError(`Values of type ${type} outside the raw bytes of a tensor`);
    }
  }
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  let name = '';
  let type: ElementType = 'float32';
  let raw: Uint8Array | undefined;
  const dims: number[] = [];
  const typed = new TypedValues();
  const external = new Map<string, string>();
  readFields(bytes, (field, wire, reader) => {
    if (field === 1) {
      readRepeated(reader, wire, () => dims.push(whole(reader.int64())));
    } else if (field === 2) {
      type = elementType(reader.int32());
    } else if (field === 8) {
      name = reader.string();
    } else if (field === 9) {
      raw = reader.bytes();
    } else if (field === 13) {
      external.set(...readEntry(reader.bytes()));
    } else {
      return typed.take(field, wire, reader);
    }
    return true;
  });
  return asTensor({ name, type, dims, raw, typed, external });
}

function asTensor(parts: {
  name: string;
  type: ElementType;
  dims: number[];
  raw: Uint8Array | undefined;
  typed: TypedValues;
  external: ReadonlyMap<string, string>;
}): OnnxTensor {
  const { name, type, dims } = parts;
  if (type === 'string') {
    throw new RangeError(`Tensor "${name}" holds strings`);
  }
  const data =
    parts.external.size > 0 ? readExternal(parts.external) : (parts.raw ?? parts.typed.bytes(type));
  return { name, type, dims, data };
}

const utf8 = new TextDecoder();

function readAttribute(bytes: Uint8Array): [string, OnnxAttribute] {
  let name = '';
  let single: OnnxAttribute | undefined;
  let kind = 0;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  readFields(bytes, (field, wire, reader) => {
    if (field === 1) {
      name = reader.string();
    } else if (field === 20) {
      kind = reader.int32();
    } else if (field === 7) {
      readRepeated(reader, wire, () => floats.push(reader.float()));
    } else if (field === 8) {
      readRepeated(reader, wire, () => ints.push(whole(reader.int64())));
    } else if (field === 9) {
      strings.push(utf8.decode(reader.bytes()));
    } else {
      const value = readSingle(field, reader);
      single = value ?? single;
      return value !== undefined;
    }
    return true;
  });
  return [name, asAttribute(name, kind, { single, floats, ints, strings })];
}

function readSingle(field: number, reader: BinaryReader): OnnxAttribute | undefined {
  switch (field) {
    case 2:
      return { kind: 'float', value: reader.float() };
    case 3:
      return { kind: 'int', value: whole(reader.int64()) };
    case 4:
      return { kind: 'string', value: utf8.decode(reader.bytes()) };
    case 5:
      return { kind: 'tensor', value: readTensor(reader.bytes()) };
    case 6:
      return { kind: 'graph', value: readGraph(reader.bytes()) };
    default:
      return undefined;
  }
}

/** A value that equals the default of its field is not written, so the kind decides what it is. */
function asAttribute(
  name: string,
  kind: number,
  found: {
    single: OnnxAttribute | undefined;
    floats: number[];
    ints: number[];
    strings: string[];
  },
): OnnxAttribute {
  switch (kind) {
    case 6:
      return { kind: 'floats', value: found.floats };
    case 7:
      return { kind: 'ints', value: found.ints };
    case 8:
      return { kind: 'strings', value: found.strings };
    default:
      return found.single ?? emptyAttribute(name, kind);
  }
}

function emptyAttribute(name: string, kind: number): OnnxAttribute {
  switch (kind) {
    case 1:
      return { kind: 'float', value: 0 };
    case 2:
      return { kind: 'int', value: 0 };
    case 3:
      return { kind: 'string', value: '' };
    default:
      throw new RangeError(`Attribute "${name}" of kind ${kind}`);
  }
}

function readNode(bytes: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, OnnxAttribute> = Object.create(null);
  let name = '';
  let op = '';
  let domain = '';
  readFields(bytes, (field, _wire, reader) => {
    if (field === 1) {
      inputs.push(reader.string());
    } else if (field === 2) {
      outputs.push(reader.string());
    } else if (field === 3) {
      name = reader.string();
    } else if (field === 4) {
      op = reader.string();
    } else if (field === 5) {
      const [key, value] = readAttribute(reader.bytes());
      attributes[key] = value;
    } else if (field === 7) {
      domain = reader.string();
    } else {
      return false;
    }
    return true;
  });
  return { op, domain, name, inputs, outputs, attributes };
}

function readShape(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  readFields(bytes, (field, _wire, reader) => {
    if (field !== 1) {
      return false;
    }
    let side: number | string = '';
    readFields(reader.bytes(), (part, _partWire, inner) => {
      if (part === 1) {
        side = whole(inner.int64());
      } else if (part === 2) {
        side = inner.string();
      } else {
        return false;
      }
      return true;
    });
    shape.push(side);
    return true;
  });
  return shape;
}

function readValue(bytes: Uint8Array): OnnxValue {
  let name = '';
  let type: ElementType = 'float32';
  let shape: (number | string)[] | undefined;
  const readTensorType: Field = (field, _wire, reader) => {
    if (field === 1) {
      type = elementType(reader.int32());
    } else if (field === 2) {
      shape = readShape(reader.bytes());
    } else {
      return false;
    }
    return true;
  };
  readFields(bytes, (field, _wire, reader) => {
    if (field === 1) {
      name = reader.string();
    } else if (field === 2) {
      readFields(reader.bytes(), (kind, _kindWire, inner) => {
        if (kind === 1) {
          readFields(inner.bytes(), readTensorType);
        }
        return kind === 1;
      });
    } else {
      return false;
    }
    return true;
  });
  return { name, type, ...(shape === undefined ? {} : { shape }) };
}

interface GraphParts {
  name: string;
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly values: OnnxValue[];
}

function emptyGraph(): GraphParts {
  return { name: '', nodes: [], initializers: [], inputs: [], outputs: [], values: [] };
}

/** Adds the fields of a graph to `graph`; a second graph field continues the first. */
function readGraphInto(graph: GraphParts, bytes: Uint8Array): void {
  const values = new Map([
    [11, graph.inputs],
    [12, graph.outputs],
    [13, graph.values],
  ]);
  readFields(bytes, (field, _wire, reader) => {
    const list = values.get(field);
    if (list !== undefined) {
      list.push(readValue(reader.bytes()));
    } else if (field === 1) {
      graph.nodes.push(readNode(reader.bytes()));
    } else if (field === 2) {
      graph.name = reader.string();
    } else if (field === 5) {
      graph.initializers.push(readTensor(reader.bytes()));
    } else {
      return false;
    }
    return true;
  });
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const graph = emptyGraph();
  readGraphInto(graph, bytes);
  return graph;
}

function readOpset(bytes: Uint8Array): [string, number] {
  let domain = '';
  let version = 0;
  readFields(bytes, (field, _wire, reader) => {
    if (field === 1) {
      domain = reader.string();
    } else if (field === 2) {
      version = whole(reader.int64());
    } else {
      return false;
    }
    return true;
  });
  return [domain, version];
}

/**
 * The model in the bytes of a `ModelProto`. Raw tensor values are views of `bytes`, not copies.
 * @throws RotoError `model_corrupt` when the bytes are no such model.
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  const graph = emptyGraph();
  const opsets: Record<string, number> = Object.create(null);
  let irVersion = 0;
  let producer = '';
  try {
    readFields(bytes, (field, _wire, reader) => {
      if (field === 1) {
        irVersion = whole(reader.int64());
      } else if (field === 2) {
        producer = reader.string();
      } else if (field === 7) {
        readGraphInto(graph, reader.bytes());
      } else if (field === 8) {
        const [domain, version] = readOpset(reader.bytes());
        opsets[domain] = version;
      } else {
        return false;
      }
      return true;
    });
  } catch (cause) {
    throw new RotoError('model_corrupt', 'The model is not a readable ONNX file.', { cause });
  }
  return { irVersion, producer, opsets, graph };
}
