import t from 'tap'
import { pullReference } from '../../src/source/pull-reference.ts'
import { removeFromSourceCache, sourceCacheUsage } from '../../src/source/source-cache.ts'
import { startHubServer } from '../support/hub-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

t.test('tells the size of each model and frees it', async (t) => {
  await using hub = await startHubServer()
  await using cache = await tempFolder()
  t.same(await sourceCacheUsage(cache.path), { models: [], totalBytes: 0 })
  for (const [id, size] of [
    ['org/small', 10_000],
    ['org/large', 500_000],
  ] as const) {
    hub.add({ id, files: { 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(size, 1) } })
    await pullReference(id, { hubEndpoint: hub.endpoint, cacheFolder: cache.path })
  }
  hub.add({ id: 'a/b', files: { 'x.gguf': Buffer.alloc(100_000, 2) } })
  const address = `${hub.storageEndpoint}/a/b/x.gguf`
  await pullReference(`${address}?signature=1`, { cacheFolder: cache.path })

  const usage = await sourceCacheUsage(cache.path)
  t.same(
    usage.models.map(({ reference }) => reference),
    [address, 'org/large', 'org/small'],
  )
  t.ok(usage.models.every(({ isComplete }) => isComplete))
  t.ok(usage.models[1]!.sizeBytes >= 500_000)
  t.equal(
    usage.totalBytes,
    usage.models.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  )

  t.equal(await removeFromSourceCache(cache.path, 'org/large'), usage.models[1]!.sizeBytes)
  t.equal(await removeFromSourceCache(cache.path, 'org/large'), 0)
  t.ok((await removeFromSourceCache(cache.path, `${address}?signature=2`)) > 0)
  t.same(
    (await sourceCacheUsage(cache.path)).models.map(({ reference }) => reference),
    ['org/small'],
  )
})
