import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { writeModel } from '../onnx/write-model.ts';
import { describesByteDotProducts } from './cpu.ts';
import { probeProvider, probeProviders, usableProviders } from './providers.ts';
import { createNetwork, resultFloats } from './session.ts';
import { floatInput } from './tensor.ts';

function doubling(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['n']);
  graph.output('y', graph.node('Add', [x, x]), 'float32', ['n']);
  return writeModel(graph.build({ name: 'doubling', opsets: { '': 17 } }));
}

describe('a network', () => {
  test('built here runs in the runtime, for any size it leaves open', async () => {
    const network = await createNetwork(doubling(), { name: 'doubling' });
    for (const values of [
      [1, 2],
      [0.5, -4, 8],
    ]) {
      const x = floatInput(Float32Array.from(values), [values.length]);
      const results = await network.run({ x }, ['y']);
      expect(Array.from(resultFloats(results, 'y'))).toEqual(values.map((value) => 2 * value));
    }
    await network.dispose();
  });

  test('of broken bytes is model_corrupt and names the network', async () => {
    for (const bytes of [Uint8Array.of(1, 2, 3), doubling().subarray(0, 40)]) {
      const made = createNetwork(bytes, { name: 'the broken one' });
      await expect(made).rejects.toMatchObject({
        code: 'model_corrupt',
        message: expect.stringContaining('the broken one'),
      });
    }
  });

  test('given the wrong shape is engine_failed', async () => {
    const network = await createNetwork(doubling(), { name: 'doubling' });
    const x = floatInput(new Float32Array(4), [2, 2]);
    await expect(network.run({ x }, ['y'])).rejects.toMatchObject({ code: 'engine_failed' });
    await network.dispose();
  });

  test('on a device that is not there is device_unavailable, never a run on the CPU', async () => {
    const made = createNetwork(doubling(), { name: 'doubling', device: 'cuda:97' });
    await expect(made).rejects.toMatchObject({ code: 'device_unavailable' });
  });
});

describe('providers', () => {
  test('the CPU is always usable, and one that is not says why', async () => {
    expect(await usableProviders()).toContain('cpu');
    for (const state of await probeProviders()) {
      expect(state.usable || (state.reason ?? '').length > 0).toBe(true);
    }
    expect(await probeProvider('cuda:97')).toMatchObject({ usable: false });
  });

  test('byte dot products are read from the processor flags, not from words that hold them', () => {
    const info = (flags: string) => `processor : 0\nflags\t\t: fpu ${flags} sse\nbugs : avx_vnni\n`;
    expect(describesByteDotProducts('x64', info('avx512_vnni'))).toBe(true);
    expect(describesByteDotProducts('x64', info('avx_vnni'))).toBe(true);
    expect(describesByteDotProducts('x64', info('avx2 avx_vnni_int16'))).toBe(false);
    expect(describesByteDotProducts('arm64', 'Features : fp asimd asimddp\n')).toBe(true);
    expect(describesByteDotProducts('x64', '')).toBe(false);
  });
});
