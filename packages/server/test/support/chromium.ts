import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type Browser, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { findProgram } from './find-program.ts';
import type { TestApp } from './start-app.ts';

/** The system's Chromium; undefined where it has none. */
export const chromiumPath = findProgram('chromium');

/** Starts the system's Chromium, without a window; it ends with the test. */
export async function startChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('There is no chromium on the path.');
  // The sandbox needs rights that containers lack; only pages of our own are opened.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  const browser = await chromium.launch({ executablePath: chromiumPath, args });
  onTestFinished(() => browser.close());
  return browser;
}

/** An app on a socket. */
export interface Listening {
  readonly port: number;
  readonly origin: string;
  /** Breaks every connection, and takes no more. */
  stop(): void;
}

/** Puts an app on a socket, on a free port unless said; it stops with the test. */
export async function listen({ app }: Pick<TestApp, 'app'>, at = 0): Promise<Listening> {
  const server: Server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(stop);
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, stop };
}

/** What a browser complains of on a page: refused by the policy, failed, or thrown. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}
