export { migrateDatabase } from './bin/migrate.ts';
export { type RunningServer, type ServeOptions, serve } from './bin/serve.ts';
