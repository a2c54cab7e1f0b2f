import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

const SOURCES = path.join(import.meta.dirname, '..', 'src')

t.test('nothing in the package needs Node', async (t) => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  t.ok(files.length > 30, `${files.length} files`)
  for (const file of files) {
    const text = readFileSync(path.join(SOURCES, file), 'utf8')
    t.notMatch(text, /from 'node:|\b(Buffer|process|require)\b[.(]\w/, file)
  }
})
