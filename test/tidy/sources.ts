import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, whether this runs from sources or from the build. */
export const root: string = findRoot(path.dirname(fileURLToPath(import.meta.url)))

/** One source file of a package. */
export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  /** The package's short name. */
  readonly packageName: string
  readonly text: string
}

/** Short names of all packages. */
export function packageNames(): readonly string[] {
  return readdirSync(path.join(root, 'packages')).toSorted()
}

/** All files below `packages/<name>/src`. */
export function packageSources(): readonly SourceFile[] {
  return packageNames().flatMap((packageName) =>
    listFiles(path.join(root, 'packages', packageName, 'src')).map((file) => ({
      path: path.relative(root, file).split(path.sep).join('/'),
      packageName,
      text: readFileSync(file, 'utf8'),
    })),
  )
}

/** A file of the repository as text. */
export function readText(relative: string): string {
  return readFileSync(path.join(root, relative), 'utf8')
}

/** TypeScript files below a folder. */
export function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name))
}

/** Module specifiers of a file's imports and re-exports. */
export function importsOf(text: string): readonly string[] {
  const found = [...text.matchAll(/^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/gm)]
  const bare = [...text.matchAll(/^\s*import\s+['"]([^'"]+)['"]/gm)]
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)]
  return [...found, ...bare, ...dynamic].map((match) => match[1] ?? '')
}

/** Text without comments and without the contents of template and quoted strings. */
export function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/([^:])\/\/.*$/gm, '$1')
}

function findRoot(from: string): string {
  const files = readdirSync(from)
  return files.includes('package-lock.json') ? from : findRoot(path.dirname(from))
}
