/** Where an upload that was begun is remembered, so that a later process goes on with it. */
export interface UploadStore {
  /** The address of the upload with this key, if one was begun. */
  get(key: string): Promise<string | undefined>;
  set(key: string, url: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Remembers as long as the process lives. */
export function memoryUploadStore(): UploadStore {
  const urls = new Map<string, string>();
  return {
    get: async (key) => urls.get(key),
    set: async (key, url) => void urls.set(key, url),
    delete: async (key) => void urls.delete(key),
  };
}

/** A `Storage` as far as it is used here; `localStorage` is one. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Remembers in a browser: give `localStorage`. */
export function webUploadStore(storage: KeyValueStorage): UploadStore {
  const named = (key: string): string => `roto.upload.${key}`;
  return {
    get: async (key) => storage.getItem(named(key)) ?? undefined,
    set: async (key, url) => storage.setItem(named(key), url),
    delete: async (key) => storage.removeItem(named(key)),
  };
}
