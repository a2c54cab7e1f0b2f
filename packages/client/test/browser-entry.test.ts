import { readFileSync } from 'node:fs'
import t from 'tap'

/** What an index passes on of its own package. */
function exportsOf(name: string): readonly string[] {
  const text = readFileSync(new URL(`../src/${name}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^export .* from '(\.\/[^']+)'/gm)].map(([, file = '']) => file)
}

t.test('pages get all that programs get, but what listens', async (t) => {
  const inNode = exportsOf('index.ts')
  t.ok(inNode.length > 5)
  t.same(
    exportsOf('browser.ts').toSorted(),
    inNode.filter((file) => !file.startsWith('./gateway/')).toSorted(),
  )
})
