// What `npm start`, `npm test` and `npm run bench` share: install and build what is missing, and nothing else.
// Plain JavaScript: on a fresh machine nothing is installed or built yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const MIN_NODE = [20, 19]
const installStamp = path.join(repositoryFolder, 'node_modules', '.shardline-installed')
const buildStamp = path.join(repositoryFolder, 'node_modules', '.shardline-built')

/** Ends the process with a clear line if Node is too old. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return
  process.stderr.write(
    `Shardline needs Node ${MIN_NODE.join('.')} or newer; this is ${process.versions.node}.\n`,
  )
  process.exit(1)
}

/** Installs the dependencies of package-lock.json unless they are there. */
export function installIfMissing() {
  checkNode()
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(repositoryFolder, 'package-lock.json')))
    .digest('hex')
  if (existsSync(installStamp) && readFileSync(installStamp, 'utf8') === wanted) return
  if (isComplete()) {
    writeFileSync(installStamp, wanted)
    return
  }
  process.stderr.write('Installing dependencies (once)...\n')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(installStamp, wanted)
}

// npm writes what it installed beside it; equal versions of every package mean there is nothing to do.
function isComplete() {
  const installed = path.join(repositoryFolder, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const have = packages(installed)
  const wanted = packages(path.join(repositoryFolder, 'package-lock.json'))
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional === true || have[name]?.version === entry.version,
  )
}

/** Compiles the packages unless nothing changed since they were compiled. */
export function buildIfStale() {
  const newest = newestSource()
  if (existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === newest) return
  process.stderr.write('Building...\n')
  run(process.execPath, [
    path.join(repositoryFolder, 'node_modules', '@typescript', 'native', 'bin', 'tsc'),
    '-b',
  ])
  writeFileSync(buildStamp, newest)
}

// The number of source files and the latest change among them.
function newestSource() {
  let count = 0
  let latestMs = 0
  for (const folder of ['packages', 'bench', 'test']) {
    const entries = readdirSync(path.join(repositoryFolder, folder), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (
        !entry.isFile() ||
        !/\.(?:ts|json)$/.test(entry.name) ||
        /node_modules|[\\/]dist/.test(entry.parentPath)
      )
        continue
      if (entry.name.endsWith('.tsbuildinfo')) continue
      count++
      latestMs = Math.max(latestMs, statSync(path.join(entry.parentPath, entry.name)).mtimeMs)
    }
  }
  return `${count} ${latestMs}`
}

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: repositoryFolder,
    stdio: ['ignore', process.stderr, 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (result.status === 0) return
  process.stderr.write(
    `${command} ${args.join(' ')} failed${result.error ? `: ${result.error.message}` : ''}.\n`,
  )
  process.exit(1)
}
