// Pulls a model in a process of its own: node pull-child.ts '<published model as JSON>'.
import { pullPublished } from '../../src/models/pull.ts';

const [model = ''] = process.argv.slice(2);
const result = await pullPublished(JSON.parse(model), { limits: { firstWaitMs: 10 } });
process.stdout.write(JSON.stringify(result));
