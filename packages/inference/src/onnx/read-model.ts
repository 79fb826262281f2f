import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { RotoError } from '@roto/sdk/contract';
import type {
  ElementType,
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './model.ts';
import { elementType, type Field, readFields, readRepeated, whole } from './read-fields.ts';
import { readTensor } from './read-tensor.ts';

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
