/** A function or class a pickle names; none is ever called here. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** A dict or an OrderedDict, its keys in the order they were set. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly ordered: boolean;
  readonly entries: (readonly [PickleValue, PickleValue])[];
}

export interface PickleList {
  readonly kind: 'list' | 'tuple';
  readonly items: PickleValue[];
}

/** What the persistent id stood for: a storage, in PyTorch's files. */
export interface PicklePersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

/** An allowed function with what it would be called with. */
export interface PickleCall {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly PickleValue[];
}

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleGlobal
  | PickleDict
  | PickleList
  | PicklePersistent
  | PickleCall;

/** A pickle that is not whole, or that says more than a table of tensors needs to. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** A training checkpoint of the largest network takes a fifth of these. */
const maxOpcodes = 1_000_000;
const maxObjects = 200_000;

const mark = Symbol('mark');

/**
 * Reads a pickle of protocol 2 as data. It knows the opcodes of nested dicts, lists, tuples,
 * numbers and strings, names globals without importing them, and calls nothing: an OrderedDict
 * becomes a dict, any other allowed call is handed out as a {@link PickleCall}.
 *
 * @param allowed the globals that may be named, as `module.name`
 * @throws PickleError
 */
export function readPickle(bytes: Buffer, allowed: ReadonlySet<string>): PickleValue {
  return new PickleReader(bytes, allowed).run();
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #allowed: ReadonlySet<string>;
  readonly #stack: (PickleValue | typeof mark)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;
  #objects = 0;

  constructor(bytes: Buffer, allowed: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#allowed = allowed;
  }

  run(): PickleValue {
    if (this.#byte() !== 0x80 || this.#byte() !== 2) {
      throw new PickleError('it is no pickle of protocol 2');
    }
    for (let count = 0; count < maxOpcodes; count += 1) {
      const opcode = this.#byte();
      if (opcode === code('.')) return this.#finish();
      const known = this.#scalar(opcode) || this.#container(opcode) || this.#memory(opcode);
      if (!known) throw new PickleError(`it has the opcode ${opcode}, which weights do not need`);
    }
    throw new PickleError('it is too long for a table of tensors');
  }

  #finish(): PickleValue {
    const value = this.#pop();
    if (this.#stack.length > 0) throw new PickleError('it leaves something over at its end');
    return value;
  }

  #scalar(opcode: number): boolean {
    switch (opcode) {
      case code('N'):
        return this.#push(null);
      case 0x88:
        return this.#push(true);
      case 0x89:
        return this.#push(false);
      case code('J'):
        return this.#push(this.#take(4).readInt32LE());
      case code('K'):
        return this.#push(this.#byte());
      case code('M'):
        return this.#push(this.#take(2).readUInt16LE());
      case 0x8a:
        return this.#push(this.#long());
      case code('G'):
        return this.#push(this.#take(8).readDoubleBE());
      case code('X'):
        return this.#push(this.#text());
      default:
        return false;
    }
  }

  #container(opcode: number): boolean {
    switch (opcode) {
      case code('}'):
        return this.#push(this.#made({ kind: 'dict', ordered: false, entries: [] }));
      case code(']'):
        return this.#push(this.#made({ kind: 'list', items: [] }));
      case code(')'):
        return this.#push(this.#made({ kind: 'tuple', items: [] }));
      case 0x85:
        return this.#tuple(this.#popMany(1));
      case 0x86:
        return this.#tuple(this.#popMany(2));
      case 0x87:
        return this.#tuple(this.#popMany(3));
      case code('t'):
        return this.#tuple(this.#popToMark());
      case code('s'):
        return this.#set(this.#popMany(2));
      case code('u'):
        return this.#set(this.#popToMark());
      case code('a'):
        return this.#append(this.#popMany(1));
      case code('e'):
        return this.#append(this.#popToMark());
      default:
        return false;
    }
  }

  #memory(opcode: number): boolean {
    switch (opcode) {
      case code('('):
        this.#stack.push(mark);
        return true;
      case code('q'):
        return this.#keep(this.#byte());
      case code('r'):
        return this.#keep(this.#take(4).readUInt32LE());
      case code('h'):
        return this.#recall(this.#byte());
      case code('j'):
        return this.#recall(this.#take(4).readUInt32LE());
      case code('c'):
        return this.#global();
      case code('Q'):
        return this.#push(this.#made({ kind: 'persistent', id: this.#pop() }));
      case code('R'):
        return this.#call();
      case code('b'):
        return this.#build();
      default:
        return false;
    }
  }

  #byte(): number {
    return this.#take(1).readUInt8();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new PickleError('it is cut short');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #text(): string {
    return this.#take(this.#take(4).readUInt32LE()).toString('utf8');
  }

  /** Up to 8 bytes of a whole number, signed, least first. */
  #long(): number {
    const bytes = this.#take(this.#byte());
    if (bytes.length > 8) throw new PickleError('it has a number of more than 64 bits');
    let value = 0n;
    for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
    return Number(BigInt.asIntN(8 * bytes.length, value));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1 || end - this.#at > 200) throw new PickleError('a name in it has no end');
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return line;
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #made<T extends PickleValue>(value: T): T {
    this.#objects += 1;
    if (this.#objects > maxObjects) throw new PickleError('it makes too many objects');
    return value;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw new PickleError('it takes what is not there');
    return value;
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const from = this.#stack.lastIndexOf(mark);
    if (from === -1) throw new PickleError('it takes what is not there');
    const items: PickleValue[] = [];
    for (const item of this.#stack.splice(from)) if (item !== mark) items.push(item);
    return items;
  }

  #tuple(items: PickleValue[]): true {
    return this.#push(this.#made({ kind: 'tuple', items }));
  }

  #top(): PickleValue {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #set(items: readonly PickleValue[]): true {
    const target = this.#top();
    if (!isDict(target) || items.length % 2 !== 0)
      throw new PickleError('it fills what is no dict');
    for (let at = 0; at < items.length; at += 2) {
      this.#made(target);
      target.entries.push([items[at] ?? null, items[at + 1] ?? null]);
    }
    return true;
  }

  #append(items: readonly PickleValue[]): true {
    const target = this.#top();
    if (!isList(target)) throw new PickleError('it fills what is no list');
    for (const item of items) {
      this.#made(target);
      target.items.push(item);
    }
    return true;
  }

  #keep(index: number): true {
    this.#memo.set(index, this.#top());
    return true;
  }

  #recall(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError('it recalls what it did not keep');
    return this.#push(value);
  }

  #global(): true {
    const name = `${this.#line()}.${this.#line()}`;
    if (!this.#allowed.has(name)) {
      throw new PickleError(
        `it wants to run ${JSON.stringify(name.slice(0, 80))}, which is no part of a table of tensors`,
      );
    }
    return this.#push(this.#made({ kind: 'global', name }));
  }

  #call(): true {
    const [target, args] = this.#popMany(2);
    if (!isGlobal(target) || !isTuple(args)) throw new PickleError('it calls what is no function');
    if (target.name === 'collections.OrderedDict') {
      if (args.items.length > 0) throw new PickleError('it makes a dict in an unusual way');
      return this.#push(this.#made({ kind: 'dict', ordered: true, entries: [] }));
    }
    return this.#push(this.#made({ kind: 'call', name: target.name, args: [...args.items] }));
  }

  /** Attributes of an OrderedDict, of which PyTorch keeps some versions there: not needed. */
  #build(): true {
    this.#pop();
    const target = this.#top();
    if (!isDict(target) || !target.ordered) throw new PickleError('it sets up what is no dict');
    return true;
  }
}

function code(char: string): number {
  return char.charCodeAt(0);
}

/** Whether a value is a dict or an OrderedDict. */
export function isDict(value: PickleValue | undefined): value is PickleDict {
  return typeof value === 'object' && value !== null && value.kind === 'dict';
}

/** Whether a value is a tuple. */
export function isTuple(value: PickleValue | undefined): value is PickleList {
  return typeof value === 'object' && value !== null && value.kind === 'tuple';
}

/** Whether a value names a global. */
export function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return typeof value === 'object' && value !== null && value.kind === 'global';
}

/** Whether a value is a call that was not made. */
export function isCall(value: PickleValue | undefined): value is PickleCall {
  return typeof value === 'object' && value !== null && value.kind === 'call';
}

/** Whether a value came by a persistent id. */
export function isPersistent(value: PickleValue | undefined): value is PicklePersistent {
  return typeof value === 'object' && value !== null && value.kind === 'persistent';
}

function isList(value: PickleValue | undefined): value is PickleList {
  return typeof value === 'object' && value !== null && value.kind === 'list';
}
