import {
  type FrameRange,
  type GenerateMasksParams,
  isModelPath,
  type OutputFormat,
  type PreviewMaskParams,
  parseShot,
  RotoError,
  type Shot,
  ShotOutput,
} from '@roto/sdk/contract';
import type { ClipFacts } from './clip-facts.ts';

/** Stands for the video's path in documents that are kept. */
const placeholder = 'video';
const mostObjects = 50;
/** Masks come inside the document: paths would be those of the service's machine. */
const inlineMask = /^data:image\/png;base64,[A-Za-z0-9+/=]+$/;

/**
 * The shot that a request asks for, checked against the clip. Its source's path is a placeholder.
 * @throws RotoError `invalid_shot`, `prompt_missing`, `frame_out_of_range`, `prompt_outside_picture`
 */
export function requestedShot(asked: Partial<GenerateMasksParams>, facts: ClipFacts): Shot {
  const said =
    asked.shot === undefined ? clickedShot(asked, facts) : documentShot(asked.shot, facts);
  const outputs = asked.outputs?.map(toOutput) ?? said.outputs;
  const range = asked.range ?? said.source.range;
  const shot: Shot = {
    ...said,
    source: { ...said.source, ...(range === undefined ? {} : { range }) },
    engine: { ...said.engine, ...(asked.quality === undefined ? {} : { quality: asked.quality }) },
    matte: asked.matte ?? said.matte,
    outputs: withGreenscreen(outputs.length > 0 ? outputs : [toOutput('png16')], asked.greenscreen),
  };
  checkShot(shot, facts);
  return shot;
}

/** An output that was named, with the settings it has unless said. */
export function toOutput(output: ShotOutput | OutputFormat): ShotOutput {
  return typeof output === 'string' ? ShotOutput.parse({ format: output }) : output;
}

function withGreenscreen(outputs: readonly ShotOutput[], wanted = false): ShotOutput[] {
  const has = outputs.some(({ format }) => format === 'greenscreen');
  return wanted && !has ? [...outputs, toOutput('greenscreen')] : [...outputs];
}

function documentShot(document: Record<string, unknown>, facts: ClipFacts): Shot {
  const source = document['source'];
  const said = typeof source === 'object' ? source : {};
  const place = { ...facts.source, ...said, path: placeholder };
  return parseShot({ ...document, source: place });
}

function clickedShot({ points, bbox, frame }: PreviewMaskParams, facts: ClipFacts): Shot {
  const clicks = [
    ...(points?.positive ?? []).map(([x, y]) => ({ x, y, label: 'positive' as const })),
    ...(points?.negative ?? []).map(([x, y]) => ({ x, y, label: 'negative' as const })),
  ];
  if (bbox === undefined && !clicks.some(({ label }) => label === 'positive')) {
    throw new RotoError('prompt_missing', 'Expected a positive point or a box but none came.', {
      param: 'points',
      hint: 'Say where the object is: points, bbox or a shot document.',
    });
  }
  const box = bbox && { x1: bbox.x, y1: bbox.y, x2: bbox.x + bbox.w, y2: bbox.y + bbox.h };
  return parseShot({
    schema: 'roto.shot/1',
    source: { ...facts.source, path: placeholder },
    engine: { quality: 'draft' },
    objects: [
      {
        id: 1,
        name: 'object-1',
        prompts: [
          {
            frame: frame ?? facts.firstFrame,
            points: clicks,
            ...(box === undefined ? {} : { box }),
          },
        ],
      },
    ],
  });
}

function checkShot({ source, engine, objects }: Shot, facts: ClipFacts): void {
  if (engine.model !== undefined && isModelPath(engine.model)) {
    throw new RotoError('invalid_shot', 'Expected the name of a model, not the path of one.', {
      param: 'engine.model',
    });
  }
  if (objects.length > mostObjects) {
    throw new RotoError('invalid_shot', `Expected at most ${mostObjects} objects.`, {
      param: 'objects',
    });
  }
  const frames = framesOf(source, facts);
  for (const frame of [source.range?.first, source.range?.last]) {
    if (frame !== undefined) checkFrame(frame, frames, 'source.range');
  }
  for (const [index, { name, prompts, locked }] of objects.entries()) {
    const param = `objects[${index}].prompts`;
    if (prompts.length === 0) {
      throw new RotoError('prompt_missing', `Expected a prompt for ${name} but none came.`, {
        param,
      });
    }
    for (const prompt of [...prompts, ...locked.flatMap((lock) => lock.prompts)]) {
      checkFrame(prompt.frame, frames, param);
      checkPrompt(prompt, facts, param);
    }
  }
}

/** Frames as a shot counts them: `startFrame` gives the clip's first one another number. */
export function framesOf({ startFrame }: Shot['source'], facts: ClipFacts): FrameRange {
  const shift = startFrame === undefined ? 0 : startFrame - facts.firstFrame;
  return { first: facts.firstFrame + shift, last: facts.lastFrame + shift };
}

function checkFrame(frame: number, { first, last }: FrameRange, param: string): void {
  if (frame >= first && frame <= last) return;
  throw new RotoError(
    'frame_out_of_range',
    `Expected a frame from ${first} to ${last} but received ${frame}.`,
    { param },
  );
}

function checkPrompt(
  { points, box, mask }: Shot['objects'][number]['prompts'][number],
  { width, height }: ClipFacts,
  param: string,
): void {
  const places = [
    ...points,
    ...(box
      ? [
          { x: box.x1, y: box.y1 },
          { x: box.x2, y: box.y2 },
        ]
      : []),
  ];
  for (const { x, y } of places) {
    if (x >= 0 && y >= 0 && x <= width && y <= height) continue;
    throw new RotoError(
      'prompt_outside_picture',
      `Expected places within ${width}x${height} pixels but received ${x},${y}.`,
      { param },
    );
  }
  if (mask !== undefined && !inlineMask.test(mask)) {
    throw new RotoError('invalid_shot', 'Expected the mask as a data:image/png;base64 address.', {
      param: `${param}.mask`,
      hint: 'Paths of files are not taken here.',
    });
  }
}

/** Frames a shot works on. */
export function workedFrames({ source }: Shot, facts: ClipFacts): FrameRange {
  return source.range ?? framesOf(source, facts);
}
