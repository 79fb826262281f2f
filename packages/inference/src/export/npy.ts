const magic = Buffer.from([0x93, ...Buffer.from('NUMPY', 'latin1'), 1, 0]);
/** The header, its length included, is a multiple of this, so that the data is aligned. */
const alignment = 64;

/**
 * A NumPy array file, format 1.0: little-endian float32 in row order. `data.length` is the product
 * of `shape`. numpy.lib.format, "Format Version 1.0".
 */
export function npyFloat32(data: Float32Array, shape: readonly number[]): Buffer {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const about = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`;
  const unpadded = magic.length + 2 + about.length + 1;
  const padding = (alignment - (unpadded % alignment)) % alignment;
  const header = `${about}${' '.repeat(padding)}\n`;
  const out = Buffer.alloc(magic.length + 2 + header.length + data.length * 4);
  magic.copy(out);
  out.writeUInt16LE(header.length, magic.length);
  out.write(header, magic.length + 2, 'latin1');
  const at = magic.length + 2 + header.length;
  for (const [i, value] of data.entries()) out.writeFloatLE(value, at + i * 4);
  return out;
}
