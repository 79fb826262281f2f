import { RotoError } from '@roto/sdk/contract';

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;
const longestKey = 900;

/**
 * The key itself where it is one that we would make: segments of letters, digits, `.`, `_` and `-`,
 * none of which starts with a dot. Everything that names a file in a storage passes here.
 * @throws RotoError `invalid_argument`
 */
export function checkedKey(key: string): string {
  if (key.length <= longestKey && key.split('/').every((part) => segment.test(part))) return key;
  throw new RotoError('invalid_argument', 'Expected the key of a stored file.', { param: 'key' });
}

/** All that belongs to an account lies below this. */
export function userPrefix(userId: string): string {
  return `users/${userId}/`;
}

/** All that belongs to a video lies below this. */
export function videoPrefix(userId: string, videoId: string): string {
  return `${userPrefix(userId)}videos/${videoId}/`;
}

/** All that a task made lies below this. */
export function taskPrefix(userId: string, videoId: string, taskId: string): string {
  return `${videoPrefix(userId, videoId)}tasks/${taskId}/`;
}

/** The ending of a file's name that a key may have: `.mov`; none where it is not a plain one. */
export function extensionOf(filename: string): string {
  return /\.[A-Za-z0-9]{1,8}$/.exec(filename)?.[0].toLowerCase() ?? '';
}

/** Content types of what is stored, by the ending of its key. */
const contentTypes: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.mxf': 'application/mxf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.exr': 'image/x-exr',
  '.json': 'application/json',
  '.zip': 'application/zip',
};

/** Never a type that a browser would run: what is not known is bytes. */
export function contentTypeOf(key: string): string {
  return contentTypes[extensionOf(key)] ?? 'application/octet-stream';
}

/** `Content-Disposition` of a file, with a name of any characters. */
export function contentDisposition(filename: string, inline: boolean): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const kind = inline ? 'inline' : 'attachment';
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
