import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readText, root } from './sources.ts'

interface AttackRow {
  readonly attack: string
  /** Undefined where nobody gets an error, and the row says so. */
  readonly code: string | undefined
  readonly file: string
  readonly title: string
}

/** Attacks that the page has to have, whatever else it has. */
const ATTACKS = [
  'wrong key',
  'swapped key',
  'replay',
  'reorder',
  'truncation',
  'bit flipped in any byte of a frame',
  'stale epoch',
  'expired challenge',
  'challenge used by another id',
  'reused nonce',
  'clock 61 s off',
  'sealed prompt moved to another request',
  'sealed prompt moved to another driver',
  'sealed prompt moved to another price',
  'a driver changes one output token',
]

function rowsOfPage(): readonly AttackRow[] {
  const lines = readText('docs/internals/attacks.md').split('\n')
  return lines.flatMap((line) => {
    const [, attack = '', , codeCell = '', test = ''] = line.split('|').map((cell) => cell.trim())
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? []
    const isHead = attack === 'attack' || /^-*$/.test(attack)
    const code = /^`([A-Z0-9_]+)`$/.exec(codeCell)?.[1]
    return isHead ? [] : [{ attack, code: codeCell === '–' ? undefined : (code ?? codeCell), file, title }]
  })
}

/** The source of a test, from its title to where the next one begins. */
function testOf(file: string, title: string): string | undefined {
  if (!existsSync(path.join(root, file))) return undefined
  const [, ...tests] = readText(file).split(/\btest\(\s*(?=['"`])/)
  return tests.find((text) => {
    const [, , quoted = ''] = /^(['"`])(.*?)\1/s.exec(text) ?? []
    return quoted.replaceAll(/\$\{[^}]*\}/g, '…') === title
  })
}

const rows = rowsOfPage()

t.test('every attack that has to be played is in the table', async (t) => {
  const missing = ATTACKS.filter((name) => !rows.some(({ attack }) => attack.includes(name)))
  t.same(missing, [])
})

t.test(
  'every attack of the table is played by the test that it names, with the code that it names',
  async (t) => {
    t.ok(rows.length > 50, `${rows.length} rows`)
    const errors = readText('docs/reference/errors.md')
    for (const { attack, code, file, title } of rows) {
      const source = testOf(file, title)
      t.ok(source !== undefined, `${attack}: ${file} has the test ${title}`)
      if (code === undefined) continue
      t.ok(errors.includes(`| \`${code}\``), `${attack}: ${code} is an error`)
      t.ok(source?.includes(`'${code}'`), `${attack}: the test expects ${code}`)
    }
  },
)
