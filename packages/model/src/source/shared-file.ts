import type { ByteSource } from '../byte-source.ts'
import { blocksDigest, fileBlockHashes } from './block-hashes.ts'
import type { FileSha256Options } from './file-digest.ts'
import { fileSha256 } from './file-digest.ts'

/** A file of a checkpoint, described so that any block of it can be checked whoever it comes from. */
export interface ListedFile {
  /** Relative, with forward slashes. */
  readonly name: string
  readonly sizeBytes: number
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** Digest over the hashes of its blocks, in hex: see docs/internals/weights-from-nodes.md. */
  readonly blocks: string
}

/** A file that can be given to other nodes: its blocks are known by their hashes. */
export interface SharedFile {
  readonly listed: ListedFile
  /** SHA-256 of each block, one after the other. */
  readonly hashes: Uint8Array
  /**
   * Bytes of it; undefined if some of them aren't on this machine.
   *
   * @throws SourceRangeError; SourceReadError or SourceCacheError if they can't be read.
   */
  read(offset: number, length: number): Promise<Uint8Array | undefined>
}

/** A whole file on this machine, as it can be given to others. @throws SourceReadError. */
export async function shareWholeFile(
  file: { readonly name: string; readonly path: string; readonly source: ByteSource },
  options: FileSha256Options,
): Promise<SharedFile> {
  const { name, path, source } = file
  const { sizeBytes } = source
  const sha256 = await fileSha256(path, options)
  const hashes = await fileBlockHashes(path, options)
  return {
    listed: { name, sizeBytes, sha256, blocks: blocksDigest(hashes, sizeBytes) },
    hashes,
    read: (offset, length) => source.read(offset, length),
  }
}
