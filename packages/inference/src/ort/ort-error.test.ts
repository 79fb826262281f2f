import { RotoError } from '@roto/sdk/contract';
import { expect, test } from 'vitest';
import { toRotoError } from './ort-error.ts';

test.each([
  ['Failed to allocate memory for requested buffer of size 268435456', 'out_of_memory'],
  ['std::bad_alloc', 'out_of_memory'],
  ['CUDA failure 2: out of memory ; GPU=0', 'out_of_memory'],
  ['CUDA failure 100: no CUDA-capable device is detected ; GPU=-1', 'device_unavailable'],
  ['Load model from x.onnx failed:Protobuf parsing failed.', 'model_corrupt'],
  ['[ONNXRuntimeError] : 3 : NO_SUCHFILE : x.onnx failed. File does not exist', 'model_missing'],
  [
    'External data path validation failed. External data path does not exist: "/x.pt"',
    'model_missing',
  ],
  ['External initializer: w offset: 9 size to read: 4 are out of bounds', 'model_corrupt'],
  ['Non-zero status code returned while running Conv node.', 'engine_failed'],
])('"%s" is %s, with the network named and the cause kept', (words, code) => {
  const cause = new Error(words);
  const error = toRotoError(cause, 'the encoder');
  expect(error).toMatchObject({ code, cause });
  expect(error.message).toContain('the encoder');
});

test('one of our own errors stays as it is', () => {
  const ours = new RotoError('frame_out_of_range', 'x');
  expect(toRotoError(ours, 'the encoder')).toBe(ours);
});
