import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SeededRandom, ShardlineError, silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { WeightsNotHeldError } from '../../src/source/weight-errors.ts'
import { SHARED_BLOCK_BYTES } from '../../src/limits.ts'
import { blocksDigest } from '../../src/source/block-hashes.ts'
import { ListedFiles } from '../../src/source/listed-files.ts'
import type { ListedFilesOptions } from '../../src/source/listed-files.ts'
import { openLocalFiles } from '../../src/source/local-files.ts'
import type { ListedFile, SharedFile } from '../../src/source/shared-file.ts'
import { sourceCacheUsage } from '../../src/source/source-cache.ts'
import type { WeightPeer, WeightRange } from '../../src/source/weight-peer.ts'
import { tempFolder } from '../support/temp-folder.ts'

const NAME = 'model.gguf'
const BLOCKS = 5
const content = new SeededRandom(3).bytes((BLOCKS - 1) * SHARED_BLOCK_BYTES + 1000)
const half = 2 * SHARED_BLOCK_BYTES

/** A file of `content` on a disk, as it can be shared. */
async function share(folder: string): Promise<SharedFile> {
  const path = join(folder, NAME)
  await writeFile(path, content)
  const files = await openLocalFiles({
    reference: path,
    path,
    wanted: undefined,
    cacheFolder: join(folder, 'cache'),
  })
  t.teardown(() => files[Symbol.asyncDispose]())
  const shared = await files.share(NAME)
  if (shared === undefined) throw new Error('a whole file can be shared')
  return shared
}

type Give = (range: WeightRange, signal: AbortSignal) => Promise<Uint8Array>

interface CountingPeer extends WeightPeer {
  readonly asked: WeightRange[]
}

/** A peer that gives what `give` says. */
function peer(label: string, give: Give): CountingPeer {
  const asked: WeightRange[] = []
  return {
    label,
    asked,
    read: (range, { signal }) => {
      asked.push(range)
      return give(range, signal)
    },
    close: async () => undefined,
  }
}

/** Gives what the file has. */
const honest =
  (file: SharedFile): Give =>
  async ({ part, offset, length }) => {
    if (part === 'blocks') return file.hashes.subarray(offset, offset + length)
    return (await file.read(offset, length)) ?? new Uint8Array(0)
  }

/** Gives honest hashes, and bytes that are spoilt. */
const spoilt =
  (file: SharedFile, spoil: (bytes: Uint8Array) => Uint8Array): Give =>
  async (range, signal) => {
    const bytes = await honest(file)(range, signal)
    return range.part === 'blocks' ? bytes : spoil(bytes)
  }

class BrokenError extends ShardlineError {
  override readonly name = 'BrokenError'
  readonly code = 'TEST_BROKEN'
  override readonly retryable = true
}

function open(
  cacheFolder: string,
  listed: ListedFile,
  { peers = [], ...options }: { readonly peers?: readonly WeightPeer[] } & Partial<ListedFilesOptions>,
): ListedFiles {
  const files = new ListedFiles({
    clock: systemClock,
    random: new SeededRandom(1),
    log: silentLog,
    reference: 'example/model',
    files: [listed],
    cacheFolder,
    retryBaseMs: 1,
    ...options,
  })
  for (const one of peers) files.crew.add(one)
  return files
}

const isSame = (bytes: Uint8Array, offset: number): boolean =>
  Buffer.compare(bytes, content.subarray(offset, offset + bytes.length)) === 0

t.test('lists a file by the hashes of its blocks, as documented', async (t) => {
  await using folder = await tempFolder()
  const { listed, hashes } = await share(folder.path)
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const starts = Array.from({ length: BLOCKS }, (_, block) => block * SHARED_BLOCK_BYTES)
  const wanted = Buffer.concat(
    starts.map((start) => sha256(content.subarray(start, start + SHARED_BLOCK_BYTES))),
  )
  t.equal(Buffer.compare(hashes, wanted), 0)
  const head = Buffer.from(`shardline/blocks/1\n${content.length}\n`)
  t.strictSame(listed, {
    name: NAME,
    sizeBytes: content.length,
    sha256: sha256(content).toString('hex'),
    blocks: sha256(Buffer.concat([head, wanted])).toString('hex'),
  })
})

t.test('fetches the blocks that are read, and no others', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const giver = peer('giver', honest(file))
  await using files = open(folder.path, file.listed, { peers: [giver] })
  const source = await files.open(NAME)
  t.ok(isSame(await source.read(SHARED_BLOCK_BYTES - 1, 2), SHARED_BLOCK_BYTES - 1))
  t.ok(isSame(await source.read(10, 100), 10), 'from the cache')
  t.same(
    giver.asked.map(({ part, offset }) => [part, offset]),
    [
      ['blocks', 0],
      ['bytes', 0],
      ['bytes', SHARED_BLOCK_BYTES],
    ],
  )
  t.equal((await sourceCacheUsage(folder.path)).models[0]?.isComplete, false)
  const given = await files.share(NAME)
  t.ok(isSame((await given?.read(0, half)) ?? new Uint8Array(1), 0), 'what is here can be given on')
  t.equal(await given?.read(half, 1), undefined, 'what is not here cannot')
})

for (const [what, spoil] of [
  ['other bytes', (bytes: Uint8Array) => Uint8Array.from(bytes).fill(7, 0, 1)],
  ['too few bytes', (bytes: Uint8Array) => bytes.subarray(1)],
  ['too many bytes', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from([0])])],
  ['no bytes', () => new Uint8Array(0)],
] as const) {
  t.test(`asks a peer that gives ${what} no more, and has the block from another`, async (t) => {
    await using folder = await tempFolder()
    const file = await share(folder.path)
    const liar = peer('liar', spoilt(file, spoil))
    const giver = peer('giver', honest(file))
    await using files = open(folder.path, file.listed, { peers: [liar, giver], requestsMax: 1 })
    const source = await files.open(NAME)
    t.ok(isSame(await source.read(0, content.length), 0))
    t.equal(liar.asked.filter(({ part }) => part === 'bytes').length, 1)
    const [standing] = files.crew.standing
    t.equal(standing?.dropped?.code, 'MODEL_WEIGHTS_WRONG')
    t.match(standing?.dropped?.message, /^liar gave .* of model\.gguf/)
  })
}

t.test('does not take hashes that are not those of the listing', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const hashes = Uint8Array.from(file.hashes).reverse()
  const liar = peer('liar', async ({ offset, length }) => hashes.subarray(offset, offset + length))
  await using files = open(folder.path, file.listed, { peers: [liar] })
  await t.rejects(files.open(NAME), {
    code: 'MODEL_WEIGHTS_UNAVAILABLE',
    message: /liar gave other block hashes/,
  })
})

t.test('asks others for what a peer does not hold, and it for the rest', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const first = peer('first', async (range, signal) => {
    if (range.part === 'bytes' && range.offset >= half) throw new WeightsNotHeldError('first', 'it')
    return honest(file)(range, signal)
  })
  const second = peer('second', async (range, signal) => {
    if (range.part === 'blocks' || range.offset < half) throw new WeightsNotHeldError('second', 'it')
    return honest(file)(range, signal)
  })
  await using files = open(folder.path, file.listed, { peers: [first, second] })
  t.ok(isSame(await (await files.open(NAME)).read(0, content.length), 0))
  t.same(
    files.crew.standing.filter(({ dropped }) => dropped !== undefined),
    [],
  )
})

t.test('asks a peer again that failed, and leaves it after some attempts', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  let failures = 2
  const shaky = peer('shaky', async (range, signal) => {
    if (range.part === 'bytes' && failures-- > 0) throw new BrokenError('the line is bad')
    return honest(file)(range, signal)
  })
  await using files = open(folder.path, file.listed, { peers: [shaky], attemptsMax: 3 })
  const source = await files.open(NAME)
  t.ok(isSame(await source.read(0, 10), 0))
  failures = 100
  await t.rejects(source.read(half, 10), {
    code: 'MODEL_WEIGHTS_UNAVAILABLE',
    message: /shaky: the line is bad/,
  })
  t.equal(shaky.asked.length, 1 + 3 + 3)
  failures = 0
  files.crew.add(shaky)
  t.ok(isSame(await source.read(half, 10), half), 'a new plan lets it try again')
})

t.test('asks the last one only for what nobody else gives', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const node = peer('node', async (range, signal) => {
    if (range.part === 'bytes' && range.offset >= half) throw new WeightsNotHeldError('node', 'it')
    return honest(file)(range, signal)
  })
  const hub = peer('hub', honest(file))
  await using files = open(folder.path, file.listed, { peers: [] })
  files.crew.add(hub, { isLast: true })
  files.crew.add(node)
  t.ok(isSame(await (await files.open(NAME)).read(0, content.length), 0))
  t.same(
    hub.asked.map(({ offset }) => offset).toSorted((a, b) => a - b),
    [2, 3, 4].map((block) => block * SHARED_BLOCK_BYTES),
  )
})

t.test('goes on where an earlier run stopped, without asking for hashes again', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  {
    await using files = open(folder.path, file.listed, { peers: [peer('first', honest(file))] })
    await (await files.open(NAME)).read(0, half)
  }
  const second = peer('second', honest(file))
  await using files = open(folder.path, file.listed, { peers: [second] })
  t.ok(isSame(await (await files.open(NAME)).read(0, content.length), 0))
  t.same(second.asked.map(({ part, offset }) => `${part} ${offset / SHARED_BLOCK_BYTES}`).toSorted(), [
    'bytes 2',
    'bytes 3',
    'bytes 4',
  ])
  t.equal((await sourceCacheUsage(folder.path)).models[0]?.isComplete, true)
})

t.test('deletes a whole file that is not what its listing says, though each block was', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const listed = { ...file.listed, sha256: 'ab'.repeat(32) }
  await using files = open(folder.path, listed, { peers: [peer('giver', honest(file))] })
  const source = await files.open(NAME)
  await t.rejects(source.read(0, content.length), { code: 'MODEL_CHECKSUM_MISMATCH' })
})

t.test('gives up when it is closed or the reader does', async (t) => {
  await using folder = await tempFolder()
  const file = await share(folder.path)
  const slow = peer('slow', async (range, signal) => {
    if (range.part === 'blocks') return honest(file)(range, signal)
    await systemClock.sleep(60_000, { signal })
    return new Uint8Array(0)
  })
  const files = open(folder.path, file.listed, { peers: [slow] })
  const source = await files.open(NAME)
  const over = new AbortController()
  const given = source.read(0, 10, { signal: over.signal })
  over.abort()
  await t.rejects(given, { code: 'CORE_ABORTED' })
  const reading = source.read(half, 10)
  const closed = t.rejects(reading)
  await files[Symbol.asyncDispose]()
  await closed
})

t.test('refuses a listing with names, sizes or digests that are none', async (t) => {
  await using folder = await tempFolder()
  const { listed } = await share(folder.path)
  const refused = (files: readonly ListedFile[], code: string): void => {
    const init = { clock: systemClock, random: new SeededRandom(1), log: silentLog, reference: 'x', files }
    t.throws(() => new ListedFiles({ ...init, cacheFolder: folder.path, fileBytesMax: content.length }), {
      code,
    })
  }
  refused([{ ...listed, name: '../x' }], 'MODEL_FILE_NAME_REFUSED')
  refused([listed, listed], 'CORE_INVALID_VALUE')
  refused([{ ...listed, blocks: 'zz' }], 'CORE_INVALID_VALUE')
  refused([{ ...listed, sizeBytes: content.length + 1 }], 'MODEL_FILE_TOO_LARGE')
})

t.test(
  'files of different content have different digests over their blocks, also if only the size differs',
  async (t) => {
    const hashes = new Uint8Array(32)
    t.not(blocksDigest(hashes, 1), blocksDigest(hashes, 2))
  },
)
