import t from 'tap'
import { packageNames, packageSources, readText } from './sources.ts'

/** Rows of the tables of a reference page: package and first cell. */
function rowsOf(page: string): readonly string[] {
  const rows: string[] = []
  let section = ''
  for (const line of readText(page).split('\n')) {
    section = /^## (\S+)/.exec(line)?.[1] ?? section
    const name = /^\|\s*`([A-Z][A-Z0-9_]+)`/.exec(line)?.[1]
    if (name !== undefined) rows.push(`${section}: ${name}`)
  }
  return rows.toSorted()
}

/** Names that a pattern finds in all packages' sources. */
function namesInCode(pattern: RegExp, isWanted: (path: string) => boolean): readonly string[] {
  const names = new Set<string>()
  for (const file of packageSources()) {
    if (!isWanted(file.path)) continue
    for (const match of file.text.matchAll(pattern)) names.add(`${file.packageName}: ${match[1]}`)
  }
  return [...names].toSorted()
}

t.test('every error code is documented, and every documented code exists', async (t) => {
  const codes = namesInCode(/readonly code(?::\s*string)? = '([A-Z0-9_]+)'/g, () => true)
  t.ok(codes.length > 40, `${codes.length} codes`)
  t.same(rowsOf('docs/reference/errors.md'), codes)
})

t.test('an error code begins with the name of its package and belongs to one class', async (t) => {
  const seen = new Map<string, string>()
  for (const file of packageSources()) {
    for (const match of file.text.matchAll(/readonly code(?::\s*string)? = '([A-Z0-9_]+)'/g)) {
      const code = match[1] ?? ''
      t.ok(code.startsWith(`${file.packageName.toUpperCase()}_`), `${file.path}: ${code}`)
      t.notOk(seen.has(code), `${code} in ${file.path} and ${seen.get(code)}`)
      seen.set(code, file.path)
    }
  }
})

t.test('every limit is documented, and every documented limit exists', async (t) => {
  // A default that gathers limits into one object is no limit of its own.
  const limits = namesInCode(/^export const ([A-Z][A-Z0-9_]+)\b(?!: \w+Limits\b)/gm, (path) =>
    path.endsWith('limits.ts'),
  )
  t.ok(limits.length > 20, `${limits.length} limits`)
  t.same(rowsOf('docs/reference/limits.md'), limits)
})

t.test('every dependency of a package has its reason', async (t) => {
  const page = readText('docs/internals/dependencies.md')
  for (const name of packageNames()) {
    const { dependencies = {} } = JSON.parse(readText(`packages/${name}/package.json`)) as {
      readonly dependencies?: Readonly<Record<string, string>>
    }
    for (const [dependency, version] of Object.entries(dependencies)) {
      if (dependency.startsWith('@shardline/')) continue
      t.ok(page.includes(`\`${dependency}\``), `${dependency} of ${name}`)
      t.match(version, /^\d+\.\d+\.\d+/, `${dependency} of ${name} is pinned`)
    }
  }
})
