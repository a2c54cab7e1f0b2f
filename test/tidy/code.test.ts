import t from 'tap'
import { codeOf, packageNames, packageSources, readText } from './sources.ts'

interface BannedCall {
  readonly pattern: RegExp
  readonly instead: string
  readonly allowedIn: readonly string[]
}

const BANNED: readonly BannedCall[] = [
  { pattern: /\bDate\.now\(|\bnew Date\(/, instead: 'a Clock', allowedIn: ['packages/core/src/clock.ts'] },
  { pattern: /\bperformance\.now\(/, instead: 'a Clock', allowedIn: ['packages/core/src/clock.ts'] },
  { pattern: /\bMath\.random\(/, instead: 'a Random', allowedIn: [] },
  { pattern: /\bprocess\.env\b/, instead: 'the config', allowedIn: ['packages/cli/src/config.ts'] },
  { pattern: /\bconsole\./, instead: 'a Log or the console of the cli', allowedIn: [] },
  { pattern: /\bthrow new (?:Error|TypeError|RangeError)\(/, instead: 'a coded error', allowedIn: [] },
  { pattern: /\beval\(|\bnew Function\(/, instead: 'no generated code', allowedIn: [] },
]

t.test('sources make no banned call', async (t) => {
  const wrong: string[] = []
  for (const file of packageSources()) {
    const code = codeOf(file.text)
    for (const { pattern, instead, allowedIn } of BANNED) {
      if (pattern.test(code) && !allowedIn.includes(file.path)) wrong.push(`${file.path}: use ${instead}`)
    }
  }
  t.same(wrong, [])
})

t.test('sources hold no unfinished marks and no switched-off checks', async (t) => {
  const marks = [
    'FIX' + 'ME',
    'TO' + 'DO',
    'XX' + 'X',
    'HA' + 'CK',
    '@ts-' + 'ignore',
    '@ts-' + 'expect-error',
    'oxlint-' + 'disable',
  ]
  const wrong = packageSources().flatMap((file) =>
    marks.filter((mark) => file.text.includes(mark)).map((mark) => `${file.path}: ${mark}`),
  )
  t.same(wrong, [])
})

t.test('every package has the same first files, and an index without logic', async (t) => {
  for (const name of packageNames()) {
    for (const file of ['index.ts', 'errors.ts', 'limits.ts']) {
      t.ok(
        packageSources().some((source) => source.path === `packages/${name}/src/${file}`),
        `${name}/${file}`,
      )
    }
    const index = readText(`packages/${name}/src/index.ts`)
    t.match(index, /^\/\*\*/, `${name}'s index begins with what it is`)
    t.match(index, /```ts/, `${name}'s index shows an example`)
    const logic = codeOf(index)
      .split('\n')
      .filter((line) => /^(?:export )?(?:const|let|function|class|async)\b/.test(line))
    t.same(logic, [], `${name}'s index`)
  }
})

t.test('every source file is imported by another, or is an entry', async (t) => {
  const sources = packageSources()
  const entries = /(?:index|main|entry|role-entry)\.ts$/
  const unused = sources
    .filter((file) => !entries.test(file.path))
    .filter((file) => {
      // What `exports` and `imports` lead to is an entry too.
      const { packageName } = file
      const inPackage = file.path.slice(`packages/${packageName}/`.length)
      return !readText(`packages/${packageName}/package.json`).includes(`"./${inPackage}"`)
    })
    .filter((file) => {
      const name = file.path.slice(file.path.lastIndexOf('/') + 1)
      return !sources.some(
        (other) =>
          other.path !== file.path &&
          other.packageName === file.packageName &&
          other.text.includes(`/${name}`),
      )
    })
    .map((file) => file.path)
  t.same(unused, [])
})

t.test('every exported thing has a docstring', async (t) => {
  const wrong: string[] = []
  for (const file of packageSources()) {
    const lines = file.text.split('\n')
    for (const [index, line] of lines.entries()) {
      const name = /^export (?:abstract )?(?:async )?(?:function\*?|class|interface|type|const) (\w+)/.exec(
        line,
      )?.[1]
      if (name === undefined) continue
      const before = lines.slice(0, index).findLast((candidate) => candidate.trim() !== '') ?? ''
      if (!before.trim().endsWith('*/')) wrong.push(`${file.path}: ${name}`)
    }
  }
  t.same(wrong, [])
})

t.test('the lockfile names no place that packages came from', async (t) => {
  t.notMatch(readText('package-lock.json'), /"resolved": "http/)
})

t.test('the lockfile has every optional package of every platform, so that npm ci takes it', async (t) => {
  const { packages } = JSON.parse(readText('package-lock.json')) as {
    readonly packages: Readonly<
      Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
    >
  }
  const missing = Object.entries(packages).flatMap(([owner, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined &&
        packages[`${owner}/node_modules/${name}`] === undefined,
    ),
  )
  t.same(missing, [], 'run node scripts/complete-lock.mjs')
})
