// Adds to package-lock.json the optional packages of other platforms that npm left out.
//
// npm writes an optional package into the lock only if the registry that was used serves it; `npm ci` then refuses the
// lock because it misses some. Run this after `npm install` changed the lock. Plain JavaScript, no dependencies.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repositoryFolder } from './prepare.mjs'

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const CPU = {
  arm64: 'arm64',
  armv7l: 'arm',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
}

/** What a platform package's name says of where it runs. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-')
  const os = words.find((word) => OS.includes(word))
  const cpu = words.map((word) => CPU[word]).find((found) => found !== undefined)
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform`)
  const libc = name.includes('musl') ? ['musl'] : /-gnu/.test(name) && os === 'linux' ? ['glibc'] : undefined
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc }), os: [os] }
}

const file = path.join(repositoryFolder, 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = []
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] !== undefined || lock.packages[`${owner}/${key}`] !== undefined) continue
    lock.packages[key] = {
      version,
      ...platformOf(name),
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
    }
    added.push(`${name}@${version}`)
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
lock.packages = Object.fromEntries(sorted)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(added.length === 0 ? 'package-lock.json is complete\n' : `added ${added.join(', ')}\n`)
