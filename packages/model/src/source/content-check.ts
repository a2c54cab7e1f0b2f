import { createHash } from 'node:crypto'

/** What a file's whole content can be checked against. */
export type ContentCheck =
  /** A large file of a hub: SHA-256 of the content. */
  | { readonly kind: 'sha256'; readonly digest: string }
  /** A small file of a hub: its git object id, SHA-1 over `blob <size>\0` and the content. */
  | { readonly kind: 'git-sha1'; readonly digest: string }
  /** A plain web server says nothing that can be checked. */
  | { readonly kind: 'none' }

/** The check that a hub's entity tag allows. */
export function contentCheckOf(etag: string): ContentCheck {
  if (/^[0-9a-f]{64}$/.test(etag)) return { kind: 'sha256', digest: etag }
  if (/^[0-9a-f]{40}$/.test(etag)) return { kind: 'git-sha1', digest: etag }
  return { kind: 'none' }
}

/** Digests a content that comes in pieces, for a check. */
export interface ContentDigest {
  update(bytes: Uint8Array): void
  /** The digest found, or undefined if there is nothing to compare. Call it once. */
  finish(): string | undefined
}

/** A digest that fits `check`, for a content of `sizeBytes`. */
export function digestFor(check: ContentCheck, sizeBytes: number): ContentDigest {
  if (check.kind === 'none') return { update: () => undefined, finish: () => undefined }
  const hash = createHash(check.kind === 'sha256' ? 'sha256' : 'sha1')
  if (check.kind === 'git-sha1') hash.update(`blob ${sizeBytes}\0`)
  return { update: (bytes) => void hash.update(bytes), finish: () => hash.digest('hex') }
}
