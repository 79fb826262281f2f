import { z } from 'zod';

/** A schema of the contract as a client reads with it: see {@link responseReader}. */
export type Tolerant<Schema extends z.ZodType> = z.ZodType<z.output<Schema>>;

/**
 * Reads replies by the contract's schemas, made tolerant of a newer server: unknown fields are
 * kept, an enumeration or a tagged union takes a value it does not know, as it came. What the
 * contract promises still has to be there, and of its type.
 */
export function responseReader(): <Schema extends z.ZodType>(schema: Schema) => Tolerant<Schema> {
  const known = new WeakMap<z.core.$ZodType, z.core.$ZodType>();
  return <Schema extends z.ZodType>(schema: Schema) =>
    // biome-ignore lint/plugin: a tolerant schema has the output of its own, and keeps more
    tolerant(schema, known) as Tolerant<Schema>;
}

type Known = WeakMap<z.core.$ZodType, z.core.$ZodType>;

function tolerant(schema: z.core.$ZodType, known: Known): z.core.$ZodType {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const made = loosen(schema, known);
  known.set(schema, made);
  return made;
}

function loosen(schema: z.core.$ZodType, known: Known): z.core.$ZodType {
  const inner = (part: z.core.$ZodType): z.core.$ZodType => tolerant(part, known);
  // biome-ignore lint/plugin: $ZodTypes is zod's own union of every schema there is, told apart by `type`
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const shape = Object.entries(def.shape).map(([name, field]) => [name, inner(field)]);
      return remade(schema, {
        ...def,
        shape: Object.fromEntries(shape),
        catchall: z.unknown(),
      });
    }
    case 'enum':
      return z.union([schemaOf(schema), z.string()]);
    case 'union':
      return looseUnion(schema, def, inner);
    case 'array':
      return remade(schema, { ...def, element: inner(def.element) });
    case 'record':
      return remade(schema, { ...def, valueType: inner(def.valueType), mode: 'loose' });
    case 'tuple':
      return remade(schema, { ...def, items: def.items.map(inner) });
    case 'lazy':
      return z.lazy(() => schemaOf(inner(def.getter())));
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return remade(schema, { ...def, innerType: inner(def.innerType) });
    case 'pipe':
      return remade(schema, { ...def, in: inner(def.in), out: inner(def.out) });
    case 'intersection':
      return remade(schema, { ...def, left: inner(def.left), right: inner(def.right) });
    default:
      return schema;
  }
}

/** A union; a tagged one also takes an object whose tag is a word that it does not know. */
function looseUnion(
  schema: z.core.$ZodType,
  def: z.core.$ZodUnionDef | z.core.$ZodDiscriminatedUnionDef,
  inner: (part: z.core.$ZodType) => z.core.$ZodType,
): z.core.$ZodType {
  if (!('discriminator' in def)) {
    return remade(schema, { ...def, options: def.options.map(inner) });
  }
  const tag = def.discriminator;
  const tags = new Set(def.options.flatMap((option) => [...(option._zod.propValues?.[tag] ?? [])]));
  const newer = z
    .looseObject({ [tag]: z.string() })
    .refine((value) => !tags.has(value[tag]), { error: `Expected what its ${tag} stands for.` });
  return z.union([...def.options.map((option) => schemaOf(inner(option))), newer]);
}

/** A schema of the same kind, checks included, with another definition of that kind. */
function remade<Def extends z.core.$ZodTypeDef>(
  schema: z.core.$ZodType,
  def: Def,
): z.core.$ZodType {
  return z.core.clone(schema, def);
}

function schemaOf(schema: z.core.$ZodType): z.ZodType {
  // biome-ignore lint/plugin: the schemas of the contract are made with classic zod alone
  return schema as z.ZodType;
}
