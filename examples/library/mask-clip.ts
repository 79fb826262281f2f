import { runShot } from '@roto/inference';

const [path = 'shot.mp4', out = 'mattes', ...clicks] = process.argv.slice(2);
const points = clicks.map((click) => {
  const [x = 0, y = 0] = click.split(',').map(Number);
  return { x, y, label: 'positive' as const };
});
const prompts = [{ frame: 0, points }];
const result = await runShot(
  {
    schema: 'roto.shot/1',
    source: { path },
    objects: [{ id: 1, name: 'hero', prompts }],
    outputs: [{ format: 'png16' }],
  },
  { out },
);
console.log(result.outputs[0]?.path, result.objects[0]?.frames.length);
