import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as keda from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import * as apps from 'kubernetes-models/apps/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { variables } from '../src/variables.ts';
import { openTestDatabase } from './support/databases.ts';
import { insertTask, insertUser } from './support/rows.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../deploy/${path}`, import.meta.url));
const read = (path: string) => readFile(fileOf(path), 'utf8');

/** What a manifest says it is. */
const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
});
type Manifest = z.infer<typeof Manifest>;

/** What is scaled, and by what. */
const Scaled = z.object({
  spec: z.object({
    scaleTargetRef: z.object({ name: z.string() }),
    triggers: z.tuple([z.object({ metadata: z.object({ query: z.string() }) })]),
  }),
});

/** A kind with its schema. */
type Model = new (manifest: never) => { validate(): void };

/** Every kind that is used. */
const models: Readonly<Record<string, Model>> = {
  'apps/v1/Deployment': apps.Deployment,
  'policy/v1/PodDisruptionBudget': policy.PodDisruptionBudget,
  'v1/Service': core.Service,
  'v1/PersistentVolumeClaim': core.PersistentVolumeClaim,
  'keda.sh/v1alpha1/ScaledObject': keda.ScaledObject,
  'keda.sh/v1alpha1/TriggerAuthentication': keda.TriggerAuthentication,
};

/** @throws where the manifest is not of the schema of its kind */
function requireSchema(manifest: Manifest): void {
  const OfKind = models[`${manifest.apiVersion}/${manifest.kind}`];
  if (OfKind === undefined) throw new Error(`There is no schema for ${manifest.kind}.`);
  // biome-ignore lint/plugin: whether it is one is what is asked here
  new OfKind(manifest as never).validate();
}

async function manifests(): Promise<Manifest[]> {
  const documents = parseAllDocuments(await read('kubernetes/roto.yaml'));
  return documents.map((document) => Manifest.parse(document.toJS()));
}

describe('the manifests for Kubernetes', () => {
  it('are of their schemas, which a specification that is a word is not', async () => {
    const all = await manifests();
    expect(all.length).toBeGreaterThan(5);
    for (const manifest of all) {
      expect(() => requireSchema(manifest)).not.toThrow();
      const wrong = { ...manifest, spec: 'roto' };
      expect(() => requireSchema(wrong), manifest.kind).toThrow();
    }
  });

  it('scale workers that are there, by a query that counts the tasks to do', async () => {
    const all = await manifests();
    const scaled = Scaled.parse(all.find(({ kind }) => kind === 'ScaledObject'));
    const deployments = all.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toContain(
      scaled.spec.scaleTargetRef.name,
    );
    const { db } = await openTestDatabase('pglite');
    await insertTask(db, await insertUser(db));
    const [trigger] = scaled.spec.triggers;
    const { rows } = await sql.raw(trigger?.metadata.query ?? '').execute(db);
    expect(rows).toEqual([{ count: 1 }]);
  });
});

/** What the linter of compose files finds; its own types are lost to ES modules. */
const Found = z.array(z.object({ messages: z.array(z.object({ rule: z.string() })) }));

/** How often a file is not of the schema of the Compose specification. */
function composeMistakes(path: string): number {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const found = Found.parse(linter.lintFiles([path], false));
  // Its other rules are about the order of keys.
  return found.flatMap(({ messages }) => messages).filter(({ rule }) => rule.startsWith('invalid-'))
    .length;
}

it('the compose file is of the Compose specification, which one with a misspelled key is not', async () => {
  expect(composeMistakes(fileOf('docker/compose.yaml'))).toBe(0);
  const folder = await mkdtemp(join(tmpdir(), 'roto-compose-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const wrong = join(folder, 'compose.yaml');
  const text = await read('docker/compose.yaml');
  await writeFile(wrong, text.replace('image: postgres', 'imaeg: postgres'));
  expect(composeMistakes(wrong)).toBeGreaterThan(0);
});

it('the Dockerfile has nothing for its parser to find, and both targets', async () => {
  const text = await read('docker/Dockerfile');
  expect(validate(text)).toEqual([]);
  const targets = [...text.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
  expect(targets).toEqual(['node', 'build', 'cpu', 'cuda']);
  expect(validate('FROM node\nRAN true\n')).not.toEqual([]);
});

it.each([
  'docker/Dockerfile',
  'docker/compose.yaml',
  'kubernetes/roto.yaml',
  'systemd/roto.service',
  'systemd/roto-worker@.service',
  'systemd/roto-dev.service',
  'systemd/roto-worker-dev.service',
  'nginx/roto.conf',
  'README.md',
])('%s names no variable of roto that there is not', async (path) => {
  const others = ['ROTO_MODELS_DIR'];
  const named = (await read(path)).match(/\b(?:ROTO|AWS|MAIL|STRIPE)_[A-Z0-9_]*[A-Z0-9]/g) ?? [];
  const known = [...Object.keys(variables), ...others];
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});
