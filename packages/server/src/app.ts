import type { OpenAPIHono } from '@hono/zod-openapi';
import { RotoError } from '@roto/sdk/contract';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from './app-env.ts';
import type { AppDeps } from './deps.ts';
import { createMetrics } from './metrics.ts';
import { bearerScheme } from './middleware/access.ts';
import { authenticate } from './middleware/authenticate.ts';
import { bodyLimit } from './middleware/body-limit.ts';
import { clientAddress } from './middleware/client-address.ts';
import { onError } from './middleware/error.ts';
import { fileSecurity } from './middleware/file-security.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { referenceSecurity } from './middleware/reference-security.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { accountForms } from './page/account-forms.ts';
import { pageIcon } from './page/icon.ts';
import { loginPages } from './page/login.ts';
import { mailLinkPages } from './page/mail-links.ts';
import { referencePage } from './page/reference.ts';
import { pageScript } from './page/script.ts';
import { statusPages } from './page/status.ts';
import { pageStyle } from './page/style.ts';
import { taskPages } from './page/tasks.ts';
import { adminRoutes } from './routes/admin.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { authRoutes } from './routes/auth.ts';
import { creditRoutes } from './routes/credits.ts';
import { estimateRoutes } from './routes/estimates.ts';
import { fileRoutes } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { maskRoutes } from './routes/masks.ts';
import { newRouter } from './routes/new-router.ts';
import { reportRoutes } from './routes/reports.ts';
import { resultRoutes } from './routes/results.ts';
import { stripeRoutes } from './routes/stripe.ts';
import { taskRoutes } from './routes/tasks.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { userRoutes } from './routes/users.ts';
import { videoRoutes } from './routes/videos.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { version } from './version.ts';

/** The service as one function from request to reply. */
export type App = OpenAPIHono<AppEnv>;

/** Largest body where nothing is uploaded. */
const maxBodyBytes = 1024 * 1024;
/** Paths that take uploads, and limit them themselves while they stream. */
const uploadPaths = [
  /^\/api\/videos\/upload$/,
  /^\/api\/uploads(\/upl_[^/]+)?$/,
  /^\/api\/uploads\/sequences\/[^/]+\/frames\/[^/]+$/,
];
/** Paths of pieces and files, of which one clip has many. */
const dataPaths = [...uploadPaths.slice(1), /^\/api\/files\//];

/** Headers that scripts of the frontend may read. */
const exposedHeaders = [
  'X-Request-Id',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'Idempotency-Replayed',
  'Location',
  'Roto-Video-Id',
  'Tus-Resumable',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Offset',
];

/** Puts the service together. The order of middleware is the order of what they stand on. */
export function createApp(deps: AppDeps): App {
  const { config, log } = deps;
  const metrics = createMetrics();
  const app = newRouter();
  app.onError(onError);
  app.notFound((c) => {
    throw new RotoError('not_found', `There is nothing at this path for ${c.req.method}.`);
  });
  app.use(requestId());
  app.use(requestLog({ log, metrics }));
  app.use(clientAddress(config.trustedProxies));
  app.use('/api/files/*', fileSecurity());
  app.use('/api/docs/*', referenceSecurity());
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"] } }));
  if (config.frontendUrl !== undefined) {
    app.use('/api/*', cors({ origin: config.frontendUrl, exposeHeaders: exposedHeaders }));
  }
  app.use(bodyLimit({ maxBytes: maxBodyBytes, except: uploadPaths }));
  app.use('/api/*', authenticate(deps));
  const calls = rateLimit({ name: 'api', requests: 600, seconds: 60, by: 'caller' });
  const pieces = rateLimit({ name: 'data', requests: 12_000, seconds: 60, by: 'caller' });
  app.use('/api/*', (c, next) =>
    dataPaths.some((path) => path.test(c.req.path)) ? pieces(c, next) : calls(c, next),
  );

  app.route('/', healthRoutes(deps, metrics));
  app.route('/', authRoutes(deps));
  app.route('/', apiKeyRoutes(deps));
  app.route('/', userRoutes(deps));
  app.route('/', videoRoutes(deps));
  app.route('/', uploadRoutes(deps));
  app.route('/', estimateRoutes(deps));
  app.route('/', maskRoutes(deps));
  app.route('/', taskRoutes(deps));
  app.route('/', reportRoutes(deps));
  app.route('/', resultRoutes(deps));
  app.route('/', creditRoutes(deps));
  app.route('/', stripeRoutes(deps));
  app.route('/', webhookRoutes(deps));
  app.route('/', adminRoutes(deps));
  app.route('/', fileRoutes(deps));
  app.route('/', referencePage());
  app.route('/', pageStyle());
  app.route('/', pageScript());
  app.route('/', pageIcon());
  app.route('/', mailLinkPages(deps));
  app.route('/', statusPages(deps));
  app.route('/', loginPages(deps));
  app.route('/', accountForms(deps));
  app.route('/', taskPages(deps));
  describe(app);
  return app;
}

/** `/api/openapi.json`. */
function describe(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', bearerScheme, {
    type: 'http',
    scheme: 'bearer',
    description: 'The access token of a login, or an API key (roto_…).',
  });
  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'roto', version, license: { name: 'Apache-2.0' } },
  });
}
