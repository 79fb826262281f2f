/** A SHA-256 fed piece by piece. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** Of all that was fed, in lower-case hex. To be called once. */
  hex(): string;
}
