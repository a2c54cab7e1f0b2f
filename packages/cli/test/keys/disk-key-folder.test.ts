import { SeededRandom } from '@shardline/core'
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { DiskKeyFolder } from '../../src/keys/disk-key-folder.ts'

const hasModes = process.platform !== 'win32'
const bytes = new TextEncoder().encode('secret')
const file = { bytes, mode: 0o600 }

function openFolder(): DiskKeyFolder & AsyncDisposable {
  const home = mkdtempSync(path.join(tmpdir(), 'shardline-folder-'))
  const folder = new DiskKeyFolder({
    path: path.join(home, 'a', 'keys'),
    random: new SeededRandom(1),
    platform: process.platform,
  })
  return Object.assign(folder, {
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  })
}

t.test('a folder that is not there is empty', async (t) => {
  await using folder = openFolder()
  t.same(await folder.list(), [])
  t.equal(await folder.read('a', 10), undefined)
  t.equal(await folder.mode(), undefined)
})

t.test('a new file has exactly its mode, whatever the mask', async (t) => {
  await using folder = openFolder()
  await folder.make(0o700)
  const mask = process.umask(0o277)
  try {
    t.ok(await folder.create('a', file))
  } finally {
    process.umask(mask)
  }
  const found = await folder.read('a', 100)
  t.same(found?.bytes, bytes)
  if (hasModes) t.same([found?.mode, await folder.mode()], [0o600, 0o700])
  t.same((await folder.read('a', 3))?.bytes, bytes.slice(0, 3))
})

t.test('of many that make one file at once, one does, and nothing else is left', async (t) => {
  await using folder = openFolder()
  await folder.make(0o700)
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, index) => folder.create('a', { bytes: Uint8Array.of(index), mode: 0o600 })),
  )
  t.equal(outcomes.filter(Boolean).length, 1)
  t.same((await folder.read('a', 10))?.bytes, Uint8Array.of(outcomes.indexOf(true)))
  t.same(readdirSync(folder.path), ['a'])
})

t.test('a file that is replaced is whole at every moment', async (t) => {
  await using folder = openFolder()
  await folder.make(0o700)
  await folder.create('a', { bytes: new Uint8Array(1000).fill(0), mode: 0o600 })
  let isDone = false
  const reading = (async () => {
    let reads = 0
    while (!isDone) {
      const found = await folder.read('a', 2000)
      t.ok(found?.bytes.length === 1000 && new Set(found.bytes).size === 1)
      reads++
    }
    return reads
  })()
  for (let value = 1; value <= 20; value++) {
    await folder.replace('a', { bytes: new Uint8Array(1000).fill(value), mode: 0o600 })
  }
  isDone = true
  t.ok((await reading) > 0)
  t.same(readdirSync(folder.path), ['a'])
  if (hasModes) t.equal(statSync(path.join(folder.path, 'a')).mode & 0o777, 0o600)
})

t.test('what the disk refuses is said by name', async (t) => {
  await using folder = openFolder()
  await t.rejects(folder.create('a', file), { code: 'CLI_OUTPUT_UNWRITABLE' }, 'there is no folder')
  await folder.make(0o700)
  await t.rejects(folder.read('.', 10), { code: 'CLI_INPUT_UNREADABLE' })
  const under = path.join(folder.path, 'file')
  writeFileSync(under, '')
  const wrong = new DiskKeyFolder({
    path: path.join(under, 'keys'),
    random: new SeededRandom(1),
    platform: process.platform,
  })
  await t.rejects(wrong.make(0o700), { code: 'CLI_OUTPUT_UNWRITABLE' })
})

t.test('where there are no permission bits, none are claimed', async (t) => {
  await using folder = openFolder()
  const windows = new DiskKeyFolder({ path: folder.path, random: new SeededRandom(2), platform: 'win32' })
  await windows.make(0o700)
  t.ok(await windows.create('a', file))
  t.equal((await windows.read('a', 10))?.mode, undefined)
  t.equal(await windows.mode(), undefined)
})
