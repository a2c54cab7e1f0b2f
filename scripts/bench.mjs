// Runs a benchmark: `npm run bench -- --help`. A plain script, as nothing is installed or built on a fresh machine.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)

if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
  process.stdout.write(readFileSync(`${root}bench/help.txt`, 'utf8'))
  process.exit(args.length === 0 ? 1 : 0)
}

if (!existsSync(`${root}node_modules/.package-lock.json`))
  run('npm', ['ci'], { shell: process.platform === 'win32' })
// What is built already takes a second to check, and so an old build is never measured by mistake.
run('npm', ['run', '--silent', 'build'], { shell: process.platform === 'win32' })
const testModels = process.env['SHARDLINE_TEST_MODELS'] ?? ''
run(process.execPath, [
  'bench/dist/src/main.js',
  ...args,
  ...(testModels === '' || ['ledger', 'link', 'soak'].includes(args[0]) ? [] : ['--test-models', testModels]),
])

function run(command, commandArgs, options = {}) {
  const { status, error } = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', ...options })
  if (error !== undefined) process.stderr.write(`${command} can't be started: ${error.message}\n`)
  if (status !== 0) process.exit(status ?? 1)
}
