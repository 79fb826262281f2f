import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type ElementType, elementTypes } from './model.ts';

/** Takes a field of a message, or says that it does not know it. */
export type Field = (field: number, wire: WireType, reader: BinaryReader) => boolean;

/** Calls `take` for each field of a message; what it does not take is skipped. */
export function readFields(bytes: Uint8Array, take: Field): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const start = reader.pos;
    if (!take(field, wire, reader) && reader.pos === start) {
      reader.skip(wire, field);
    }
  }
}

/** An integer that JavaScript counts exactly. */
export function whole(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new RangeError(`Integer out of range: ${value}`);
  }
  return number;
}

/** A repeated number field, packed or not. */
export function readRepeated(reader: BinaryReader, wire: WireType, read: () => void): void {
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

/** Name of an element type by its number in ONNX. */
export function elementType(number: number): ElementType {
  const type = typeNames.get(number);
  if (type === undefined) {
    throw new RangeError(`Unknown element type ${number}`);
  }
  return type;
}
