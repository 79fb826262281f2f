import type { Sam2Name } from '../engine/sam2/architecture.ts';
import type { ModelFile } from './model-file.ts';

/** A checkpoint as Meta published it, with where it can be fetched. */
export interface PublishedModel {
  readonly id: Sam2Name;
  readonly file: ModelFile;
  /** Places of the same file, tried in this order. */
  readonly urls: readonly string[];
}

/** Licence of the SAM 2.1 checkpoints. */
export const sam2Licence = {
  licence: 'Apache-2.0',
  licenceUrl: 'https://github.com/facebookresearch/sam2/blob/main/LICENSE',
} as const;

function published(id: Sam2Name, file: ModelFile): PublishedModel {
  const repository = id.replace('sam2.1-', 'sam2.1-hiera-');
  return {
    id,
    file,
    urls: [
      `https://huggingface.co/facebook/${repository}/resolve/main/${file.name}`,
      `https://dl.fbaipublicfiles.com/segment_anything_2/092824/${file.name}`,
    ],
  };
}

/**
 * The four SAM 2.1 checkpoints of 29 September 2024. Size and SHA-256 are those that Meta's
 * repositories on Hugging Face state for the files.
 */
export const sam2Files: readonly PublishedModel[] = [
  published('sam2.1-tiny', {
    name: 'sam2.1_hiera_tiny.pt',
    bytes: 156_008_466,
    sha256: '7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69',
  }),
  published('sam2.1-small', {
    name: 'sam2.1_hiera_small.pt',
    bytes: 184_416_285,
    sha256: '6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38',
  }),
  published('sam2.1-base-plus', {
    name: 'sam2.1_hiera_base_plus.pt',
    bytes: 323_606_802,
    sha256: 'a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5',
  }),
  published('sam2.1-large', {
    name: 'sam2.1_hiera_large.pt',
    bytes: 898_083_611,
    sha256: '2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318',
  }),
];

/** The published checkpoint called `id`. */
export function findPublished(id: string): PublishedModel | undefined {
  return sam2Files.find((model) => model.id === id);
}
