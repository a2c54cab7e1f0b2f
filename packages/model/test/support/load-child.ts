import { openCheckpoint } from '../../src/open-checkpoint.ts'
import { loadShard } from '../../src/shard.ts'

/** Packs a whole model and tells its parent the hashes of the parts. */
async function main(reference = '', cacheFolder = ''): Promise<void> {
  await using checkpoint = await openCheckpoint(reference, { cacheFolder })
  const layers = { first: 0, count: checkpoint.config.layerCount }
  const shard = await loadShard(checkpoint, { layers, hasHead: true }, { cacheFolder, isVerified: true })
  process.send?.(shard.parts.map(({ sha256 }) => sha256).join(' '))
}

await main(...process.argv.slice(2))
process.disconnect()
