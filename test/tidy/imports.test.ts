import path from 'node:path'
import t from 'tap'
import { importsOf, packageNames, packageSources } from './sources.ts'

/** Rows of packages, lowest first: a package imports only from rows below its own (docs/internals/architecture.md). */
const ROWS: readonly (readonly string[])[] = [
  ['core'],
  ['model', 'wire', 'identity'],
  ['engine', 'ledger'],
  ['node'],
  ['client', 'driver', 'worker', 'validator', 'market'],
  ['cli'],
]

const rowOf = (packageName: string): number => ROWS.findIndex((row) => row.includes(packageName))

t.test('every package has its row', async (t) => {
  for (const name of packageNames()) t.ok(rowOf(name) >= 0, name)
})

t.test('a package imports only packages of lower rows, and only through their index', async (t) => {
  const wrong: string[] = []
  let checked = 0
  for (const file of packageSources()) {
    for (const specifier of importsOf(file.text)) {
      if (!specifier.startsWith('@shardline/')) continue
      checked++
      const [, target = '', ...rest] = specifier.split('/')
      if (rest.length > 0 || rowOf(target) < 0 || rowOf(target) >= rowOf(file.packageName)) {
        wrong.push(`${file.path} imports ${specifier}`)
      }
    }
  }
  t.same(wrong, [])
  t.ok(checked > 50, `${checked} imports between packages were checked`)
})

t.test('no file reaches into another package by a path', async (t) => {
  const wrong: string[] = []
  for (const file of packageSources()) {
    const home = `packages/${file.packageName}/src/`
    for (const specifier of importsOf(file.text)) {
      if (!specifier.startsWith('.')) continue
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(file.path), specifier))
      if (!target.startsWith(home)) wrong.push(`${file.path} imports ${specifier}`)
    }
  }
  t.same(wrong, [])
})

t.test('no files import each other in a circle', async (t) => {
  const graph = new Map<string, readonly string[]>()
  for (const file of packageSources()) {
    const targets = importsOf(file.text)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => path.posix.normalize(path.posix.join(path.posix.dirname(file.path), specifier)))
    graph.set(file.path, targets)
  }
  t.same(findCircles(graph), [])
})

/** Circles of a graph, each written once as `a -> b -> a`. */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node)
    if (start >= 0) {
      circles.push([...trail.slice(start), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return circles
}
