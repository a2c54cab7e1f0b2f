import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceCacheError } from '../errors.ts'
import { SHARED_BLOCK_BYTES } from '../limits.ts'
import { blockHashesBytes, blocksDigest } from './block-hashes.ts'
import type { ListedFile } from './shared-file.ts'
import type { WeightCrew } from './weight-crew.ts'
import type { WeightPeer } from './weight-peer.ts'
import { writeFileAtomically } from './write-file-atomically.ts'
import { WeightsWrongError } from './weight-errors.ts'

/** Who is asked for the hashes, and where they are kept. */
export interface BlockHashesInit {
  readonly crew: WeightCrew
  /** Folder of the model in the cache. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * The hashes of a listed file's blocks: from the cache, or from one of the crew. Either way they are those that the listing
 * vouches for.
 *
 * @throws WeightsUnavailableError; SourceCacheError if they can't be kept; AbortedError.
 */
export async function obtainBlockHashes(file: ListedFile, init: BlockHashesInit): Promise<Uint8Array> {
  const { crew, folder, signal } = init
  const isRight = (hashes: Uint8Array): boolean =>
    hashes.length === blockHashesBytes(file.sizeBytes) && blocksDigest(hashes, file.sizeBytes) === file.blocks
  const path = join(folder, 'blocks', file.blocks)
  const known = await readFile(path).catch(() => undefined)
  if (known !== undefined && isRight(known)) return known
  const hashes = await crew.obtain(
    `the block hashes of ${file.name}`,
    async (peer, until) => {
      const given = await readHashes(peer, file, until)
      if (!isRight(given))
        throw new WeightsWrongError(peer.label, 'other block hashes than the listed', file.name)
      return given
    },
    signal,
  )
  try {
    await mkdir(join(folder, 'blocks'), { recursive: true })
    await writeFileAtomically(path, hashes)
  } catch (cause) {
    throw new SourceCacheError(path, 'it cannot be written', cause)
  }
  return hashes
}

async function readHashes(peer: WeightPeer, file: ListedFile, signal: AbortSignal): Promise<Uint8Array> {
  const total = blockHashesBytes(file.sizeBytes)
  const hashes = new Uint8Array(total)
  for (let offset = 0; offset < total;) {
    const length = Math.min(SHARED_BLOCK_BYTES, total - offset)
    const bytes = await peer.read({ file, part: 'blocks', offset, length }, { signal })
    if (bytes.length !== length)
      throw new WeightsWrongError(
        peer.label,
        `${bytes.length} bytes of block hashes for ${length}`,
        file.name,
      )
    hashes.set(bytes, offset)
    offset += length
  }
  return hashes
}
