import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { firstTokens, readDocuments } from '../../src/inversion/read-documents.ts'

t.test('keeps every fifth Markdown file for the test', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-documents-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'inner'))
  for (const name of ['a.md', 'b.md', 'c.md', 'd.md', 'inner/e.md', 'inner/f.md', 'c.txt'])
    await writeFile(join(folder, name), name)
  t.same(await readDocuments(folder), {
    train: ['a.md', 'b.md', 'c.md', 'd.md', 'inner/f.md'],
    test: ['inner/e.md'],
  })
})

t.test('takes as much from the start of each text as fits for all', async (t) => {
  t.same(firstTokens([[1, 2, 3], [4], [5, 6, 7]], 6), [[1, 2], [4], [5, 6]])
  t.same(firstTokens([], 6), [])
})
