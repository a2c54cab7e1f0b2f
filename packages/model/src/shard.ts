import type { LayerRange } from '@shardline/core'
import { formatLayerRange } from '@shardline/core'
import { packedPath } from './cache.ts'
import type { Checkpoint } from './checkpoint.ts'
import { LayersUnknownError, PackedFileInvalidError } from './errors.ts'
import type { PackedPart, PackedShard, PackProgress, PartId, Precision } from './packed-shard.ts'
import { openPackedPart, verifyPackedPart } from './packing/open-packed-part.ts'
import { packPart } from './packing/pack-part.ts'
import type { PackedIdentity } from './packing/packed-index.ts'
import type { PackingOptions } from './packing/packing-options.ts'
import { resolvePackingRules } from './packing/packing-options.ts'
import { planPart } from './packing/plan-part.ts'

/** What of a model a shard holds. */
export interface ShardSelection {
  /** Layers of the shard. @default none */
  readonly layers?: LayerRange
  /** Whether the shard holds the final norm and the LM head. @default false */
  readonly hasHead?: boolean
}

/** Options of {@link loadShard}. */
export interface LoadShardOptions {
  /** @default 'auto' */
  readonly precision?: Precision
  /** How weights are packed, beside the precision; for measurements. @default what was found best */
  readonly packing?: PackingOptions
  /** Folder for packed parts; shared by all models and processes of a machine. */
  readonly cacheFolder: string
  /** Whether all weights that are in the cache already are hashed before they are trusted, not only their index. @default false */
  readonly isVerified?: boolean
  readonly onProgress?: PackProgress
  readonly signal?: AbortSignal
}

/**
 * Packs the selected parts of a model, one file each; those that are in the cache already are taken as they are, and the
 * checkpoint's weights aren't read for them. A damaged file in the cache is packed again.
 *
 * @throws LayersUnknownError if the model does not have these layers; TensorNotFiniteError; CacheFailedError; AbortedError; what
 * the checkpoint's source throws when it can't be read.
 */
export async function loadShard(
  checkpoint: Checkpoint,
  selection: ShardSelection,
  options: LoadShardOptions,
): Promise<PackedShard> {
  const rules = resolvePackingRules(options.precision ?? 'auto', options.packing)
  const identities = partsOf(checkpoint, selection).map((part): PackedIdentity => {
    return { modelDigest: checkpoint.digest, rules, plan: planPart(checkpoint, part, rules) }
  })
  const totalBytes = identities.reduce((sum, { plan }) => sum + plan.sourceBytes, 0)
  const parts: PackedPart[] = []
  let doneBytes = 0
  for (const identity of identities) {
    const what = nameOf(identity.plan.part)
    const before = doneBytes
    const onBytes = (bytes: number): void => {
      doneBytes += bytes
      options.onProgress?.({ doneBytes, totalBytes, what })
    }
    const path = packedPath(
      options.cacheFolder,
      { ...identity, origin: checkpoint.files.origin },
      identity.plan.part,
    )
    parts.push(await loadPart(identity, { ...options, path }, onBytes))
    const missing = before + identity.plan.sourceBytes - doneBytes
    if (missing > 0) onBytes(missing)
  }
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0)
  return {
    config: checkpoint.config,
    modelDigest: checkpoint.digest,
    precision: rules.precision,
    parts,
    byteLength,
  }
}

function partsOf({ config }: Checkpoint, selection: ShardSelection): readonly PartId[] {
  const { first, count } = selection.layers ?? { first: 0, count: 0 }
  const isInside =
    [first, count].every((n) => Number.isSafeInteger(n) && n >= 0) && first + count <= config.layerCount
  if (!isInside) throw new LayersUnknownError(formatLayerRange({ first, count }), config.layerCount)
  const layers = Array.from({ length: count }, (_, i): PartId => ({ kind: 'layer', layer: first + i }))
  return selection.hasHead === true ? [...layers, { kind: 'head' }] : layers
}

function nameOf(part: PartId): string {
  return part.kind === 'layer' ? `layer ${part.layer}` : part.kind
}

async function loadPart(
  identity: PackedIdentity,
  options: LoadShardOptions & { readonly path: string },
  onBytes: (bytes: number) => void,
): Promise<PackedPart> {
  const { path } = options
  const cached = await openIfSound(path, identity, options)
  if (cached !== undefined) return cached
  await packPart(path, identity, { onBytes, signal: options.signal })
  const packed = await openPackedPart(path, identity)
  if (packed === undefined) throw new PackedFileInvalidError(path, 'it was removed while it was loaded')
  return packed
}

/** The part in the cache; undefined if it isn't there or is damaged. */
async function openIfSound(
  path: string,
  identity: PackedIdentity,
  options: LoadShardOptions,
): Promise<PackedPart | undefined> {
  try {
    const part = await openPackedPart(path, identity)
    const { signal } = options
    if (part !== undefined && options.isVerified === true)
      await verifyPackedPart(part, signal === undefined ? {} : { signal })
    return part
  } catch (error) {
    if (error instanceof PackedFileInvalidError) return undefined
    throw error
  }
}
