import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import t from 'tap'
import { makePages } from './pages.ts'

for (const { path, text } of await makePages()) {
  t.test(`${basename(path)} says what the sources say`, async (t) => {
    t.equal(
      await readFile(path, 'utf8'),
      text,
      'npm run t -- packages/market/test/docs/write-pages.ts writes it anew',
    )
  })
}
