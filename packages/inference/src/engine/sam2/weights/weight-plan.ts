import { RotoError } from '@roto/sdk/contract';
import type { TensorEntry } from '../../../checkpoint/tensor-entry.ts';
import { elementBytes, type OnnxTensor } from '../../../onnx/model.ts';
import { packFloat16 } from '../float16.ts';

/** Files that the initializers of a planned graph lie in, until they get their real places. */
export const plannedLocations = { checkpoint: 'checkpoint', derived: 'derived' } as const;

/** How to make a constant that no checkpoint holds as it is: transposed, folded, baked, converted. */
export interface DerivedWeight {
  /** One name, one constant: the same name is taken to be the same. */
  readonly name: string;
  readonly dims: readonly number[];
  /** Tensors of the checkpoint it is made of, by Meta's names. */
  readonly from: readonly string[];
  /** What its values are; those of the plan unless said. */
  readonly type?: 'float32' | 'int8';
  /** The values, row after row, from those of `from` in order. */
  readonly make: (...sources: Float32Array[]) => Float32Array | Int8Array;
}

/** A derived weight and its place in the file of derived weights, in bytes. */
export interface PlacedWeight extends Omit<DerivedWeight, 'make' | 'type'> {
  readonly make: (...sources: Float32Array[]) => Float32Array | Int8Array | Uint16Array;
  readonly offset: number;
  readonly length: number;
}

/** What goes into the file of derived weights. */
interface DerivedFile {
  readonly weights: Map<string, PlacedWeight>;
  bytes: number;
}

/** Readers that map the file want the values aligned. */
const alignment = 64;

/**
 * What a set of graphs needs of a checkpoint: tensors as they lie in it, and weights to derive,
 * which get places in a second file. Nothing is read or made here.
 */
export class WeightPlan {
  readonly #tensors: ReadonlyMap<string, TensorEntry>;
  readonly #file: DerivedFile;
  /** Of names in float32, where a graph may have the same in float16. */
  readonly #exactSuffix: '' | '.exact';
  /** What weights are made to be; float16 ones are all derived. */
  readonly floats: 'float32' | 'float16';

  /** @param file that of the plan this is an exact part of, see {@link exactly} */
  constructor(
    tensors: ReadonlyMap<string, TensorEntry>,
    floats: 'float32' | 'float16' = 'float32',
    file?: DerivedFile,
  ) {
    this.#tensors = tensors;
    this.floats = floats;
    this.#file = file ?? { weights: new Map(), bytes: 0 };
    this.#exactSuffix = floats === 'float16' || file !== undefined ? '.exact' : '';
  }

  /** The weights to derive, in the order of the file. */
  get derivedWeights(): readonly PlacedWeight[] {
    return [...this.#file.weights.values()];
  }

  /** The plan for layers that compute in float32 whatever the others do; its weights are of this one. */
  exactly(): WeightPlan {
    return this.floats === 'float32' ? this : new WeightPlan(this.#tensors, 'float32', this.#file);
  }

  /** Shape of a tensor of the checkpoint. */
  shape(name: string): readonly number[] {
    return this.#entry(name).shape;
  }

  /**
   * A tensor of the checkpoint as it lies there, under another shape where `dims` says one. One
   * that has other numbers than the plan is converted, and so derived.
   */
  stored(name: string, dims = this.shape(name)): OnnxTensor {
    if (this.floats === 'float32') return this.exact(name, dims);
    return this.derived({ name, dims, from: [name], make: (values) => values });
  }

  /** As {@link stored}, but float32 whatever the plan's numbers are. */
  exact(name: string, dims = this.shape(name)): OnnxTensor {
    const { dtype, offset, length } = this.#entry(name);
    if (dtype !== 'float32') {
      return this.#placed({
        name: `${name}${this.#exactSuffix}`,
        dims,
        from: [name],
        type: 'float32',
        make: (values) => values,
      });
    }
    const location = plannedLocations.checkpoint;
    return {
      name: shapedName(`${name}${this.#exactSuffix}`, dims),
      type: 'float32',
      dims,
      data: { location, offset, length },
    };
  }

  /** One of `count` equal parts of the rows of a tensor: they lie one after the other. */
  rows(
    name: string,
    { index, count }: { readonly index: number; readonly count: number },
  ): OnnxTensor {
    const whole = this.stored(name);
    if (whole.data instanceof Uint8Array) throw new RangeError(`"${name}" lies in the model`);
    const length = whole.data.length / count;
    return {
      ...whole,
      name: `${name}[${index}/${count}]`,
      dims: [(whole.dims[0] ?? 0) / count, ...whole.dims.slice(1)],
      data: { ...whole.data, offset: whole.data.offset + index * length, length },
    };
  }

  derived(weight: DerivedWeight): OnnxTensor {
    if (this.floats === 'float16') return this.#placed(weight);
    return this.#placed({ ...weight, name: `${weight.name}${this.#exactSuffix}` });
  }

  #placed(weight: DerivedWeight): OnnxTensor {
    const { name, dims, type = this.floats } = weight;
    const { offset, length } = this.#file.weights.get(name) ?? this.#place(weight);
    const location = plannedLocations.derived;
    return {
      name: shapedName(name, dims),
      type,
      dims,
      data: { location, offset, length },
    };
  }

  #place(weight: DerivedWeight): PlacedWeight {
    const { name, dims, from, type = this.floats } = weight;
    const length = dims.reduce((product, side) => product * side, elementBytes[type]);
    const make =
      type === 'float16'
        ? (...sources: Float32Array[]) => halves(weight.make(...sources))
        : weight.make;
    const file = this.#file;
    const placed = { name, dims, from, make, offset: file.bytes, length };
    file.weights.set(name, placed);
    file.bytes = Math.ceil((file.bytes + length) / alignment) * alignment;
    return placed;
  }

  #entry(name: string): TensorEntry {
    const entry = this.#tensors.get(name);
    if (entry === undefined) {
      throw new RotoError('model_corrupt', `The checkpoint has no tensor called "${name}".`);
    }
    return entry;
  }
}

function halves(values: Float32Array | Int8Array): Uint16Array {
  return packFloat16(values instanceof Float32Array ? values : Float32Array.from(values));
}

/** One tensor may be an initializer under two shapes; those are two names in the graph. */
function shapedName(name: string, dims: readonly number[]): string {
  return `${name}[${dims.join(',')}]`;
}
