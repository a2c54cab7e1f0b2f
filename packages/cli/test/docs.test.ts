import { readFileSync } from 'node:fs'
import t from 'tap'
import { EXIT_CODES } from '../src/run/exit-code.ts'
import { describeCommands } from './support/options.ts'

const PAGE = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')

/** Sections of the page by heading; of each the rows of its tables. */
function readSections(): ReadonlyMap<string, readonly (readonly string[])[]> {
  const sections = new Map<string, (readonly string[])[]>()
  let rows: (readonly string[])[] = []
  for (const line of PAGE.split('\n')) {
    const heading = /^## (.+)$/.exec(line)?.[1]
    if (heading !== undefined) {
      rows = []
      sections.set(heading, rows)
    }
    const cells = /^\| (.+) \|$/.exec(line)?.[1]?.split(/(?<!\\)\|/)
    if (cells !== undefined) rows.push(cells.map((cell) => cell.trim()))
  }
  return sections
}

const sections = readSections()
const commands = describeCommands()

t.test('every command is documented, and every documented command exists', async (t) => {
  const documented = [...sections.keys()].filter((heading) => heading.startsWith('shardline '))
  t.same(documented.toSorted(), commands.map(({ name }) => name).toSorted())
})

for (const command of commands) {
  t.test(`the options of ${command.name} are documented as its help has them`, async (t) => {
    const rows = sections.get(command.name) ?? []
    const documented = rows.filter(([name]) => /^`(-|<|\[)/.test(name ?? ''))
    const inCode = [...command.arguments, ...command.options].map(([flags, meaning]) => [
      `\`${flags}\``,
      meaning,
    ])
    t.same(documented, inCode)
  })
}

t.test('every exit code is documented', async (t) => {
  const codes = (sections.get('Exit codes') ?? []).map(([code]) => code)
  for (const code of Object.values(EXIT_CODES)) t.ok(codes.includes(String(code)), String(code))
})

t.test('every environment variable is documented, and every documented one is read', async (t) => {
  const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8')
  const read = [...source.matchAll(/environment\['([A-Z_]+)'\]/g)].map(([, name]) => name ?? '')
  // Those of the platform and the terminal are not ours to document, apart from where they change a default.
  const ours = read.filter((name) => /^(SHARDLINE|HF|OTEL)_|COLOR$/.test(name))
  const rows = (sections.get('Environment') ?? []).flatMap(([name]) => [
    ...(name ?? '').matchAll(/`([A-Z_]+)`/g),
  ])
  const documented = rows.map(([, name]) => name ?? '')
  t.same([...new Set(documented)].toSorted(), [...new Set(ours)].toSorted())
})
