import { EnginePool, trackFiles } from '@roto/inference';
import { lookAround } from '../inference-host/look-around.ts';
import { Previews } from '../inference-host/previews.ts';
import { runAsAsked } from '../inference-host/run-as-asked.ts';
import { serveHostCalls } from '../inference-host/serve-host-calls.ts';

// The inference host: a child process that runs the models, and knows neither database nor storage.
const engines = new EnginePool();
const previews = new Previews(engines);

serveHostCalls({
  look: lookAround,
  run: (argument, context) => runAsAsked(argument, { ...context, engines }),
  trackFiles: ({ track, cache }) => trackFiles(track, { cache }),
  preview: (argument, { signal }) => previews.look(argument, signal),
  forget: async ({ video }) => {
    await previews.forget(video);
    return undefined;
  },
});
