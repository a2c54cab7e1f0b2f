import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import type { ListedFile } from './shared-file.ts'

/** What a listing of files is told from others by: SHA-256 in hex over its canonical JSON, in order of the names. */
export function contentIdOf(files: readonly ListedFile[]): string {
  const entries = files
    .map(({ name, sizeBytes, sha256, blocks }) => ({ name, sizeBytes, sha256, blocks }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return createHash('sha256').update(canonicalJson(entries)).digest('hex')
}
