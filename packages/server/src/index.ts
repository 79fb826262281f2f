export {
  type BootstrapOptions,
  type BootstrappedAdmin,
  bootstrapAdmin,
} from './bin/bootstrap-admin.ts';
export { migrateDatabase } from './bin/migrate.ts';
export { type RunningServer, type ServeOptions, serve } from './bin/serve.ts';
export { type RunningWorker, type WorkOptions, work } from './bin/worker.ts';
