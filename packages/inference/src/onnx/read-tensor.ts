import type { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { ElementType, ExternalData, OnnxTensor } from './model.ts';
import { elementType, readFields, readRepeated, whole } from './read-fields.ts';

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

/** The tensor in the bytes of a `TensorProto`. */
export function readTensor(bytes: Uint8Array): OnnxTensor {
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
