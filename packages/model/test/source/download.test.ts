import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@shardline/core'
import { ManualClock, SeededRandom, systemClock } from '@shardline/core'
import t from 'tap'
import { resolveReference } from '../../src/source/resolve-reference.ts'
import type { ResolveOptions } from '../../src/source/resolve-reference.ts'
import { pullReference } from '../../src/source/pull-reference.ts'
import type { HubServer } from '../support/hub-server.ts'
import { sha256, startHubServer } from '../support/hub-server.ts'
import { testRandom } from '../support/seed.ts'
import type { TempFolder } from '../support/temp-folder.ts'
import { tempFolder } from '../support/temp-folder.ts'

const BLOCK_BYTES = 64 * 1024
const random = new SeededRandom(7)
const WEIGHTS = random.bytes(20 * BLOCK_BYTES + 12_345)
const CONFIG = Buffer.from('{"model_type":"llama"}')

interface Fixture extends AsyncDisposable {
  readonly hub: HubServer
  readonly cache: TempFolder
  readonly options: ResolveOptions
}

async function fixture(overrides: Partial<ResolveOptions> = {}): Promise<Fixture> {
  const hub = await startHubServer()
  const cache = await tempFolder()
  hub.add({ id: 'org/model', files: { 'config.json': CONFIG, 'model.safetensors': WEIGHTS } })
  const options: ResolveOptions = {
    cacheFolder: cache.path,
    hubEndpoint: hub.endpoint,
    blockBytes: BLOCK_BYTES,
    rangeBytesMax: 4 * BLOCK_BYTES,
    retryBaseMs: 1,
    retryWaitMsMax: 20,
    ...overrides,
  }
  return {
    hub,
    cache,
    options,
    [Symbol.asyncDispose]: async () => {
      await hub[Symbol.asyncDispose]()
      await cache[Symbol.asyncDispose]()
    },
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

t.test('reads a range of a hub file and fetches only its blocks', async (t) => {
  await using f = await fixture()
  await using files = await resolveReference('org/model', f.options)
  t.same(files.names, ['config.json', 'model.safetensors'])
  const source = await files.open('model.safetensors')
  t.equal(source.sizeBytes, WEIGHTS.length)
  const offset = 5 * BLOCK_BYTES + 100
  t.ok(same(await source.read(offset, BLOCK_BYTES), WEIGHTS.subarray(offset, offset + BLOCK_BYTES)))
  t.equal(f.hub.sentBytes(), 2 * BLOCK_BYTES)
  t.ok(same(await source.read(offset, 10), WEIGHTS.subarray(offset, offset + 10)))
  t.equal(f.hub.sentBytes(), 2 * BLOCK_BYTES, 'what is there is not fetched again')
  t.equal(await files.sha256('model.safetensors'), sha256(WEIGHTS), 'the hub says the checksum')
  t.equal(f.hub.sentBytes(), 2 * BLOCK_BYTES)
  await t.rejects(source.read(WEIGHTS.length - 1, 2), { code: 'MODEL_SOURCE_RANGE' })
  await t.rejects(files.open('other.bin'), { code: 'MODEL_FILE_MISSING' })
  t.equal(await files.readText('tokenizer.json'), undefined)
})

t.test('concurrent readers share requests, adjacent blocks are one request', async (t) => {
  await using f = await fixture()
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  f.hub.requests.length = 0
  const reads = await Promise.all(Array.from({ length: 10 }, () => source.read(0, 4 * BLOCK_BYTES)))
  t.ok(reads.every((bytes) => same(bytes, WEIGHTS.subarray(0, 4 * BLOCK_BYTES))))
  t.equal(f.hub.requests.filter(({ host }) => host === 'storage').length, 1)
  t.equal(f.hub.sentBytes(), 4 * BLOCK_BYTES)
})

t.test('runs no more requests at a time than allowed', async (t) => {
  await using f = await fixture({ requestsMax: 2, rangeBytesMax: BLOCK_BYTES })
  f.hub.faults.pieceMs = 2
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  const read = source.read(0, WEIGHTS.length)
  let most = 0
  const timer = setInterval(() => {
    const open = f.hub.requests.filter(
      ({ host, bytes }) => host === 'storage' && bytes > 0 && bytes < BLOCK_BYTES,
    ).length
    most = Math.max(most, open)
  }, 1)
  t.ok(same(await read, WEIGHTS))
  clearInterval(timer)
  t.ok(most <= 2, `${most} at a time`)
})

t.test('the token goes to the hub and never to where it redirects', async (t) => {
  await using f = await fixture({ hubToken: 'my-secret' })
  f.hub.add({
    id: 'org/gated',
    token: 'my-secret',
    files: { 'config.json': CONFIG, 'model.safetensors': WEIGHTS },
  })
  const pulled = await pullReference('org/gated', f.options)
  t.equal(pulled.fetchedBytes, WEIGHTS.length + CONFIG.length)
  const atHub = f.hub.requests.filter(({ host }) => host === 'hub')
  const atStorage = f.hub.requests.filter(({ host }) => host === 'storage')
  t.ok(atHub.length > 0 && atHub.every(({ authorization }) => authorization === 'Bearer my-secret'))
  t.ok(atStorage.length > 0 && atStorage.every(({ authorization }) => authorization === undefined))
})

t.test('says what to do when access is refused', async (t) => {
  await using f = await fixture()
  f.hub.add({
    id: 'org/gated',
    token: 'right',
    files: { 'config.json': CONFIG, 'model.safetensors': WEIGHTS },
  })
  await t.rejects(resolveReference('org/gated', f.options), {
    code: 'MODEL_SOURCE_REFUSED',
    status: 401,
    message: /HF_TOKEN/,
  })
  const wrong = { ...f.options, hubToken: 'wrong' }
  await t.rejects(resolveReference('org/gated', wrong), {
    code: 'MODEL_SOURCE_REFUSED',
    status: 403,
    message: /HF_TOKEN/,
  })
  await t.rejects(resolveReference('org/absent', f.options), {
    code: 'MODEL_SOURCE_REFUSED',
    status: 404,
    message: /spelling/,
  })
  t.notMatch(JSON.stringify(f.hub.requests.map(({ path }) => path)), /right|wrong/)
})

t.test('survives busy servers and waits as long as they ask', async (t) => {
  const waits: number[] = []
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic(),
    sleep: (waitMs, options) => {
      if (waitMs < 10_000) waits.push(waitMs)
      return systemClock.sleep(Math.min(waitMs, 30_000) < 10_000 ? 1 : waitMs, options)
    },
  }
  await using f = await fixture({ clock, retryWaitMsMax: 5000, retryBaseMs: 100 })
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  f.hub.faults.statuses.push({ status: 503 }, { status: 429, retryAfter: '3' }, { status: 500 })
  t.ok(same(await source.read(0, 10), WEIGHTS.subarray(0, 10)))
  t.equal(waits.length, 3)
  t.ok(waits[0]! >= 50 && waits[0]! <= 100, 'the first wait is the base with jitter')
  t.equal(waits[1], 3000, 'Retry-After is honoured')
  t.ok(waits[2]! >= 200 && waits[2]! <= 400, 'waits grow')
})

t.test('gives up after its attempts with the last reason', async (t) => {
  await using f = await fixture({ attemptsMax: 3 })
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  f.hub.faults.statuses.push({ status: 503 }, { status: 503 }, { status: 503 })
  await t.rejects(source.read(0, 10), {
    code: 'MODEL_SOURCE_UNREACHABLE',
    retryable: true,
    message: /3 attempts: it answers 503/,
  })
  t.ok(same(await source.read(0, 10), WEIGHTS.subarray(0, 10)), 'the next read tries again')
})

t.test('dropped connections go on where they stopped', async (t) => {
  await using f = await fixture({ attemptsMax: 50 })
  const random = testRandom((line) => t.comment(line))
  f.hub.faults.dropAfter = () => (random.integer(3) === 0 ? undefined : 1 + random.integer(3 * BLOCK_BYTES))
  const pulled = await pullReference('org/model', f.options)
  t.equal(pulled.totalBytes, WEIGHTS.length + CONFIG.length)
  f.hub.faults.dropAfter = undefined
  await using files = await resolveReference('org/model', { ...f.options, isOffline: true })
  const source = await files.open('model.safetensors')
  t.ok(same(await source.read(0, WEIGHTS.length), WEIGHTS))
  const repeated = f.hub.requests.filter(({ host, range }) => host === 'storage' && range !== undefined)
  t.ok(repeated.length > 6, 'connections were dropped')
})

t.test('short answers are noticed and completed', async (t) => {
  await using f = await fixture()
  f.hub.faults.shortRangeBytes = BLOCK_BYTES + 17
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  t.ok(same(await source.read(0, WEIGHTS.length), WEIGHTS))
  t.equal(f.hub.sentBytes(), WEIGHTS.length, 'no byte comes twice')
})

t.test('a silent connection counts as dropped', async (t) => {
  await using f = await fixture({ idleMsMax: 500 })
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  f.hub.faults.stalls = 2
  t.ok(same(await source.read(0, 3 * BLOCK_BYTES), WEIGHTS.subarray(0, 3 * BLOCK_BYTES)))
  t.equal(f.hub.faults.stalls, 0)
})

t.test('slow bodies are not dropped', async (t) => {
  const clock = new ManualClock()
  const slow = { idleMsMax: 1000, attemptsMax: 1, onProgress: () => clock.advance(900) }
  await using f = await fixture({ ...slow, clock })
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  t.ok(same(await source.read(0, 4 * BLOCK_BYTES), WEIGHTS.subarray(0, 4 * BLOCK_BYTES)))
  t.ok(clock.monotonic() > 2 * slow.idleMsMax, 'the body took longer than a silence may')
})

t.test('a server that ignores ranges sends the whole file once', async (t) => {
  await using f = await fixture()
  f.hub.faults.isRangeIgnored = true
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  const [a, b] = await Promise.all([source.read(10 * BLOCK_BYTES, 10), source.read(WEIGHTS.length - 5, 5)])
  t.ok(same(a, WEIGHTS.subarray(10 * BLOCK_BYTES, 10 * BLOCK_BYTES + 10)))
  t.ok(same(b, WEIGHTS.subarray(WEIGHTS.length - 5)))
  f.hub.requests.length = 0
  t.ok(same(await source.read(0, WEIGHTS.length), WEIGHTS))
  t.equal(f.hub.requests.length, 0)
})

t.test('a file over the limit for servers that ignore ranges is refused', async (t) => {
  await using f = await fixture({ rangelessBytesMax: 1000 })
  f.hub.faults.isRangeIgnored = true
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  await t.rejects(source.read(BLOCK_BYTES, 10), {
    code: 'MODEL_SOURCE_PROTOCOL',
    message: /over the limit of 1000/,
  })
})

t.test('a file that changes on the server is a coded error', async (t) => {
  await using f = await fixture()
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  await source.read(0, 10)
  f.hub.faults.etag = 'f'.repeat(64)
  await t.rejects(source.read(10 * BLOCK_BYTES, 10), { code: 'MODEL_SOURCE_CHANGED', retryable: true })
  t.ok(same(await source.read(0, 10), WEIGHTS.subarray(0, 10)), 'what is there can still be read')
})

t.test('wrong content is deleted and a coded error', async (t) => {
  await using f = await fixture()
  f.hub.faults.isCorrupt = true
  await t.rejects(pullReference('org/model', f.options), { code: 'MODEL_CHECKSUM_MISMATCH', retryable: true })
  f.hub.faults.isCorrupt = false
  const blobs = await readdir(
    join(
      f.cache.path,
      'sources',
      'hub',
      new URL(f.hub.endpoint).host.replace(':', '%3A'),
      'org',
      'model',
      'blobs',
    ),
  )
  t.notOk(blobs.includes(`${sha256(WEIGHTS)}-${WEIGHTS.length}`), 'nothing wrong is called complete')
  const pulled = await pullReference('org/model', f.options)
  t.equal(pulled.fetchedBytes, WEIGHTS.length + CONFIG.length, 'all of it is fetched again')
})

t.test('small files are checked against their git object id', async (t) => {
  await using f = await fixture()
  await using files = await resolveReference('org/model', f.options)
  f.hub.faults.isCorrupt = true
  await t.rejects(files.readText('config.json'), { code: 'MODEL_CHECKSUM_MISMATCH' })
  f.hub.faults.isCorrupt = false
  t.equal(await files.readText('config.json'), CONFIG.toString())
  t.equal(await files.sha256('config.json'), createHash('sha256').update(CONFIG).digest('hex'))
})

t.test('what was pulled is used without network', async (t) => {
  await using f = await fixture()
  await pullReference('org/model', f.options)
  f.hub.requests.length = 0
  await using files = await resolveReference('org/model', { ...f.options, isOffline: true })
  const source = await files.open('model.safetensors')
  t.ok(same(await source.read(0, WEIGHTS.length), WEIGHTS))
  t.equal(await files.readText('config.json'), CONFIG.toString())
  t.equal(f.hub.requests.length, 0)
})

t.test('offline mode says what is missing', async (t) => {
  await using f = await fixture()
  await t.rejects(resolveReference('org/model', { ...f.options, isOffline: true }), {
    code: 'MODEL_SOURCE_OFFLINE',
  })
  {
    await using files = await resolveReference('org/model', f.options)
    await (await files.open('model.safetensors')).read(0, 10)
  }
  await using files = await resolveReference('org/model', { ...f.options, isOffline: true })
  const source = await files.open('model.safetensors')
  t.ok(same(await source.read(0, 10), WEIGHTS.subarray(0, 10)))
  await t.rejects(source.read(10 * BLOCK_BYTES, 1), {
    code: 'MODEL_SOURCE_OFFLINE',
    message: /model\.safetensors/,
  })
  await t.rejects(files.open('config.json'), { code: 'MODEL_SOURCE_OFFLINE', message: /config\.json/ })
})

t.test('a hub that is gone is no harm for what was pulled', async (t) => {
  await using cache = await tempFolder()
  let options: ResolveOptions
  {
    await using f = await fixture({ cacheFolder: cache.path, attemptsMax: 2 })
    options = f.options
    await pullReference('org/model', options)
  }
  await using files = await resolveReference('org/model', options)
  t.ok(same(await (await files.open('model.safetensors')).read(0, WEIGHTS.length), WEIGHTS))
  await t.rejects(resolveReference('org/other', options), { code: 'MODEL_SOURCE_UNREACHABLE' })
})

t.test('file names that lead out of the folder are refused', async (t) => {
  await using f = await fixture()
  for (const name of [
    '../x.gguf',
    '/etc/x.gguf',
    'a\\..\\x.gguf',
    'a\0.gguf',
    'a/../../x.gguf',
    'C:x.gguf',
    'a//b.gguf',
    './a.gguf',
  ]) {
    f.hub.add({ id: 'org/hostile', files: {}, listedNames: [name, 'ok.gguf'] })
    await t.rejects(
      resolveReference('org/hostile', f.options),
      { code: 'MODEL_FILE_NAME_REFUSED' },
      JSON.stringify(name),
    )
  }
})

t.test('several GGUF files are an error that lists them, and one can be named', async (t) => {
  await using f = await fixture()
  const [a, b] = [random.bytes(1000), random.bytes(2000)]
  f.hub.add({ id: 'org/quants', files: { 'm.Q4_0.gguf': a, 'm.Q8_0.gguf': b, 'README.md': CONFIG } })
  await t.rejects(resolveReference('org/quants', f.options), {
    code: 'MODEL_REFERENCE_AMBIGUOUS',
    candidates: ['m.Q4_0.gguf', 'm.Q8_0.gguf'],
    message: /org\/quants:m\.Q4_0\.gguf/,
  })
  for (const reference of [
    'org/quants:m.Q8_0.gguf',
    'org/quants/m.Q8_0.gguf',
    'org/quants@main:m.Q8_0.gguf',
  ]) {
    await using files = await resolveReference(reference, f.options)
    t.same(files.names, ['m.Q8_0.gguf'])
    t.ok(same(await (await files.open('m.Q8_0.gguf')).read(0, 2000), b))
  }
  await t.rejects(resolveReference('org/quants:m.Q2_K.gguf', f.options), { code: 'MODEL_FILE_MISSING' })
})

t.test('reads a file at a plain address, also where HEAD is refused', async (t) => {
  await using f = await fixture({ hubEndpoint: 'http://127.0.0.1:1', hubToken: 'secret' })
  f.hub.add({ id: 'a/b', files: { 'x.gguf': WEIGHTS } })
  f.hub.faults.isHeadRefused = true
  const address = `${f.hub.storageEndpoint}/a/b/x.gguf`
  await using files = await resolveReference(`${address}?download=true`, f.options)
  t.same(files.names, ['x.gguf'])
  t.ok(same(await (await files.open('x.gguf')).read(100, 1000), WEIGHTS.subarray(100, 1100)))
  t.ok(
    f.hub.requests.every(({ authorization }) => authorization === undefined),
    "the token is the hub's alone",
  )
  t.equal(await files.sha256('x.gguf'), sha256(WEIGHTS))
  await t.rejects(resolveReference(`${f.hub.storageEndpoint}/a/b/y.gguf`, f.options), {
    code: 'MODEL_SOURCE_REFUSED',
    status: 404,
  })
})

t.test('a block that lost its bytes on the disk is fetched again', async (t) => {
  await using f = await fixture()
  {
    await using files = await resolveReference('org/model', f.options)
    await (await files.open('model.safetensors')).read(0, 8 * BLOCK_BYTES)
  }
  const folder = join(
    f.cache.path,
    'sources',
    'hub',
    new URL(f.hub.endpoint).host.replace(':', '%3A'),
    'org',
    'model',
    'blobs',
  )
  const part = join(folder, (await readdir(folder)).find((name) => name.endsWith('.part')) ?? '')
  const bytes = await readFile(part)
  bytes.fill(0, 3 * BLOCK_BYTES + 5, 3 * BLOCK_BYTES + 50)
  await writeFile(part, bytes)
  f.hub.requests.length = 0
  await using files = await resolveReference('org/model', f.options)
  t.ok(
    same(
      await (await files.open('model.safetensors')).read(0, 8 * BLOCK_BYTES),
      WEIGHTS.subarray(0, 8 * BLOCK_BYTES),
    ),
  )
  t.equal(f.hub.sentBytes(), BLOCK_BYTES, 'only that block')
})

t.test('a reader that gives up leaves the others alone', async (t) => {
  await using f = await fixture()
  f.hub.faults.pieceMs = 5
  await using files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  const controller = new AbortController()
  const impatient = source.read(0, 4 * BLOCK_BYTES, { signal: controller.signal })
  const patient = source.read(0, 4 * BLOCK_BYTES)
  setTimeout(() => controller.abort(), 20)
  await t.rejects(impatient, { code: 'CORE_ABORTED' })
  t.ok(same(await patient, WEIGHTS.subarray(0, 4 * BLOCK_BYTES)))
})

t.test('closing ends a download, and reading afterwards is a coded error', async (t) => {
  await using f = await fixture()
  f.hub.faults.pieceMs = 20
  const files = await resolveReference('org/model', f.options)
  const source = await files.open('model.safetensors')
  const read = source.read(0, WEIGHTS.length)
  setTimeout(() => void files[Symbol.asyncDispose](), 30)
  await t.rejects(read)
  await t.rejects(source.read(0, 1), { code: 'MODEL_SOURCE_READ' })
})

t.test('two users of one cache at once both get the right bytes', async (t) => {
  await using f = await fixture()
  const [a, b] = await Promise.all([
    pullReference('org/model', f.options),
    pullReference('org/model', f.options),
  ])
  t.equal(a?.totalBytes, b?.totalBytes)
  await using files = await resolveReference('org/model', { ...f.options, isOffline: true })
  t.ok(same(await (await files.open('model.safetensors')).read(0, WEIGHTS.length), WEIGHTS))
})

t.test('reports progress up to the whole', async (t) => {
  const seen: { doneBytes: number; totalBytes: number }[] = []
  await using f = await fixture({ onProgress: (progress) => seen.push(progress) })
  await pullReference('org/model', f.options)
  const total = WEIGHTS.length + CONFIG.length
  t.equal(seen.at(-1)?.doneBytes, total)
  t.ok(seen.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes && totalBytes === total))
  t.ok(
    seen.every(({ doneBytes }, at) => at === 0 || doneBytes >= seen[at - 1]!.doneBytes),
    'it never goes back',
  )
})

t.test('a file over the limit is refused before a byte of it is fetched', async (t) => {
  await using f = await fixture({ fileBytesMax: 1000 })
  await using files = await resolveReference('org/model', f.options)
  await t.rejects(files.open('model.safetensors'), {
    code: 'MODEL_SOURCE_PROTOCOL',
    message: /limit of 1000/,
  })
  t.equal(f.hub.sentBytes(), 0)
})
