import { type ErrorCode, RotoError } from '@roto/sdk/contract';

/**
 * onnxruntime gives its errors no code that reaches JavaScript, so this one place reads their
 * words; everything else compares {@link RotoError.code}.
 */
const patterns: readonly (readonly [RegExp, ErrorCode])[] = [
  [/NO_SUCHFILE|External data path does not exist/i, 'model_missing'],
  [
    /bad_?alloc|out of memory|failed to allocate|ALLOC_FAILED|Array buffer allocation/i,
    'out_of_memory',
  ],
  [/providers_|ExecutionProvider|\bCUDA\b|\bcuDNN\b|no available backend/i, 'device_unavailable'],
  [/External (data|initializer)/i, 'model_corrupt'],
  [/INVALID_PROTOBUF|INVALID_GRAPH|Protobuf|ModelProto|No graph|opset/i, 'model_corrupt'],
];

const sentences = {
  out_of_memory: 'The neural network ran out of memory',
  device_unavailable: 'The neural network cannot run on the device asked for',
  model_missing: 'The file of the neural network is not there',
  model_corrupt: 'The neural network cannot be read',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** An error of onnxruntime as one of ours; `what` names the network in the sentence. */
export function toRotoError(cause: unknown, what: string): RotoError {
  if (cause instanceof RotoError) {
    return cause;
  }
  const words = cause instanceof Error ? cause.message : String(cause);
  const code = patterns.find(([pattern]) => pattern.test(words))?.[1] ?? 'engine_failed';
  const sentence =
    code in sentences
      ? // biome-ignore lint/plugin: guarded by `in` on the line above.
        sentences[code as keyof typeof sentences]
      : 'The neural network failed';
  return new RotoError(code, `${sentence} (${what}).`, { cause });
}
