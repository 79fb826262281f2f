import type { Diagnosis, DiagnosisProblem, DoctorDocument } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { formatBytes } from '../../io/quantities.ts';
import { askBackend } from '../ask-backend.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { cacheOf } from '../run-shot-command.ts';
import { runOptions } from '../shared-options.ts';

/** `roto doctor`: what this machine has for local runs, tried for real. */
export function createDoctorCommand() {
  const { local, json, cache } = runOptions;
  return defineCommand({
    name: 'doctor',
    summary: 'check this machine: ffmpeg, engines, models, memory, disk',
    description: [
      'Looks at everything a local run needs and says what is missing. Ends with status 6 where local runs cannot work.',
    ],
    arguments: [],
    options: { cache, local, json },
    examples: [{ text: '', line: 'roto doctor' }],
    run: async ({ options }, context) => {
      const { io } = context;
      const mode = modeOf(options);
      const where = cacheOf(options, io.cwd);
      const diagnosis = await askBackend(context, (backend) => backend.diagnose(where));
      const document: DoctorDocument = { schema: 'roto.doctor/1', ...diagnosis };
      printResult(io, mode, { document, lines: diagnosisLines(diagnosis) });
      return diagnosis.problems.some(({ severity }) => severity === 'error') ? 'engine' : 'ok';
    },
  });
}

function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { memory, cache, disk, providers, models, problems } = diagnosis;
  return [
    `roto       ${diagnosis.version}`,
    `node       ${diagnosis.node} on ${diagnosis.platform}`,
    `machine    ${diagnosis.cores} cores, ${formatBytes(memory.freeBytes)} of ${formatBytes(memory.totalBytes)} memory free`,
    ...ffmpegLines(diagnosis.ffmpeg),
    ...providers.map(({ name, usable, reason }) => {
      const state = usable
        ? 'usable'
        : `not usable${reason === undefined ? '' : `: ${printable(reason)}`}`;
      return `provider   ${name} ${state}`;
    }),
    ...models.map((model) => {
      const state = model.installed ? '' : ', not installed';
      return `model      ${model.id} (${model.engine} engine, ${model.licence})${state}`;
    }),
    `cache      ${printable(cache.path)}, ${formatBytes(cache.bytes)} of at most ${formatBytes(cache.limitBytes)}`,
    `disk       ${formatBytes(disk.freeBytes)} free at ${printable(disk.path)}`,
    '',
    ...(problems.length === 0
      ? ['Everything a local run needs is here.']
      : problems.flatMap(problemLines)),
  ];
}

function ffmpegLines(ffmpeg: Diagnosis['ffmpeg']): string[] {
  if (ffmpeg === undefined) return ['ffmpeg     not found'];
  return [
    `ffmpeg     ${ffmpeg.version} (${ffmpeg.source}, ${ffmpeg.licence})`,
    `           ${printable(ffmpeg.path)}`,
    ...(ffmpeg.recommendation === undefined
      ? []
      : [`           ${printable(ffmpeg.recommendation)}`]),
  ];
}

function problemLines({ severity, message, hint }: DiagnosisProblem): string[] {
  return [
    `${severity}: ${printable(message)}`,
    ...(hint === undefined ? [] : [`  ${printable(hint)}`]),
  ];
}
