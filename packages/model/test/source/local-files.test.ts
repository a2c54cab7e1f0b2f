import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openFileSource } from '../../src/source/file-source.ts'
import { resolveReference } from '../../src/source/resolve-reference.ts'
import { sha256 } from '../support/hub-server.ts'
import type { TempFolder } from '../support/temp-folder.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function folderWith(names: readonly string[]): Promise<TempFolder> {
  const folder = await tempFolder()
  for (const name of names) await writeFile(join(folder.path, name), name)
  return folder
}

const optionsFor = (folder: TempFolder): { cacheFolder: string } => ({
  cacheFolder: join(folder.path, 'cache'),
})

t.test('a folder with config and safetensors is a model; other weights in it are left out', async (t) => {
  await using folder = await folderWith([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'pytorch_model.bin',
    'consolidated.safetensors',
    'x.gguf',
    'notes.txt',
  ])
  await using files = await resolveReference(folder.path, optionsFor(folder))
  t.same(files.names, ['config.json', 'model.safetensors', 'tokenizer.json'])
  t.equal(await files.readText('config.json'), 'config.json')
  t.equal(await files.readText('notes.txt'), undefined)
  t.equal(await files.open('config.json'), await files.open('config.json'), 'a name has one source')
  await t.rejects(files.open('notes.txt'), { code: 'MODEL_FILE_MISSING' })
})

t.test('all parts of an indexed checkpoint and of a split GGUF belong to it', async (t) => {
  await using a = await folderWith([
    'config.json',
    'model.safetensors.index.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors',
  ])
  await using first = await resolveReference(a.path, optionsFor(a))
  t.same(first.names, [
    'config.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
  ])
  await using b = await folderWith(['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf', 'other.gguf'])
  await using second = await resolveReference(join(b.path, 'm-00001-of-00002.gguf'), optionsFor(b))
  t.same(second.names, ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'])
})

t.test('a folder with several GGUF files needs a choice', async (t) => {
  await using folder = await folderWith(['a.gguf', 'b.gguf'])
  await t.rejects(resolveReference(folder.path, optionsFor(folder)), {
    code: 'MODEL_REFERENCE_AMBIGUOUS',
    candidates: ['a.gguf', 'b.gguf'],
  })
  await using files = await resolveReference(`${folder.path}:b.gguf`, optionsFor(folder))
  t.same(files.names, ['b.gguf'])
})

t.test('a folder without a model and a name without anything say what is allowed', async (t) => {
  await using folder = await folderWith(['notes.txt'])
  await t.rejects(resolveReference(folder.path, optionsFor(folder)), { code: 'MODEL_REFERENCE_UNKNOWN' })
  for (const reference of [
    './nowhere',
    'one-word',
    'a/b/../../c',
    'org/na me',
    '/absent/x.gguf',
    'https://',
    'org/name@../x',
    'org/name:../x.gguf',
    '',
  ]) {
    await t.rejects(
      resolveReference(reference, optionsFor(folder)),
      { code: 'MODEL_REFERENCE_UNKNOWN', message: /hub id/ },
      reference,
    )
  }
})

t.test('digests are remembered until the file changes', async (t) => {
  await using folder = await folderWith(['m.gguf'])
  const path = join(folder.path, 'm.gguf')
  await using files = await resolveReference(path, optionsFor(folder))
  t.equal(await files.sha256('m.gguf'), sha256(Buffer.from('m.gguf')))
  t.equal(await files.sha256('m.gguf'), sha256(Buffer.from('m.gguf')))
  await appendFile(path, '!')
  t.equal(await files.sha256('m.gguf'), sha256(Buffer.from('m.gguf!')))
})

t.test('a cache folder that cannot be written only costs time', async (t) => {
  await using folder = await folderWith(['m.gguf', 'file'])
  await using files = await resolveReference(join(folder.path, 'm.gguf'), {
    cacheFolder: join(folder.path, 'file', 'cache'),
  })
  t.equal(await files.sha256('m.gguf'), sha256(Buffer.from('m.gguf')))
})

t.test('side files over the limit are refused', async (t) => {
  await using folder = await folderWith(['config.json', 'model.safetensors'])
  await using files = await resolveReference(folder.path, { ...optionsFor(folder), sideFileBytesMax: 10 })
  await t.rejects(files.readText('config.json'), { code: 'MODEL_FILE_TOO_LARGE' })
})

t.test('reads at any offset and refuses ranges outside the file', async (t) => {
  await using folder = await folderWith(['abcdef'])
  await using source = await openFileSource(join(folder.path, 'abcdef'))
  const texts = await Promise.all([source.read(0, 6), source.read(2, 3), source.read(6, 0)])
  t.same(
    texts.map((bytes) => Buffer.from(bytes).toString()),
    ['abcdef', 'cde', ''],
  )
  for (const [offset, length] of [
    [0, 7],
    [6, 1],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
    [2 ** 53, 1],
  ] as const) {
    await t.rejects(source.read(offset, length), { code: 'MODEL_SOURCE_RANGE' })
  }
  await t.rejects(source.read(0, 1, { signal: AbortSignal.abort() }), { code: 'CORE_ABORTED' })
})

t.test('a file that was cut, closed, or is none is a coded error', async (t) => {
  await using folder = await folderWith(['abcdef'])
  const path = join(folder.path, 'abcdef')
  const source = await openFileSource(path)
  await truncate(path, 3)
  await t.rejects(source.read(0, 6), { code: 'MODEL_SOURCE_READ', message: /ends at byte 3/ })
  await source[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
  await t.rejects(source.read(0, 1), { code: 'MODEL_SOURCE_READ' })
  await mkdir(join(folder.path, 'folder'))
  await t.rejects(openFileSource(join(folder.path, 'folder')), { code: 'MODEL_SOURCE_READ' })
  await t.rejects(openFileSource(join(folder.path, 'absent')), {
    code: 'MODEL_SOURCE_READ',
    message: /ENOENT/,
  })
})

t.test('a named pipe is refused instead of waited for', { skip: process.platform === 'win32' }, async (t) => {
  await using folder = await folderWith([])
  const path = join(folder.path, 'pipe.gguf')
  execFileSync('mkfifo', [path])
  await t.rejects(openFileSource(path), { code: 'MODEL_SOURCE_READ', message: /regular file/ })
})
