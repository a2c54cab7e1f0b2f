// Runs all tests that need no extra service. Plain JavaScript: on a fresh machine nothing is built yet.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { installIfMissing, repositoryFolder } from './prepare.mjs'

const HELP = `Usage: npm test [-- [options] [files]]

Installs what is missing, then runs the tests of all packages.

  --soak        the long forms of the heavy suites too (npm run soak)
  --help        this text

Environment: SHARDLINE_TEST_MODELS is a folder with real models (smollm2-135m-instruct/, families/, and reference
outputs in ../golden); tests that need it are reported as skipped without it. SHARDLINE_TEST_CHROMIUM is
a Chromium that runs the tests of web pages (default: where packages install one); they are skipped without one.
SEED replays a randomised test.
`

const args = process.argv.slice(2)
if (args.includes('--help')) {
  process.stdout.write(HELP)
  process.exit(0)
}
installIfMissing()

const files = args.filter((arg) => arg !== '--soak')
const tap = path.join(repositoryFolder, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
const env = { ...process.env, ...(args.includes('--soak') ? { SHARDLINE_SOAK: '1' } : {}) }
const child = spawn(process.execPath, [tap, ...files], {
  cwd: repositoryFolder,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})

let pending = ''
child.stdout.setEncoding('utf8')
child.stdout.on('data', (text) => {
  const lines = (pending + text).split('\n')
  pending = lines.pop() ?? ''
  for (const line of lines) report(line)
})

// Shows one line for each test file, and everything of what failed; remembers the last summary, which is the whole run's.
let isInFailure = false
let counts
function report(line) {
  const isFailure = /^\s*not ok /.test(line)
  if (isFailure) isInFailure = true
  else if (/^\s*(?:ok \d+|# Subtest)/.test(line)) isInFailure = false
  if (isInFailure || /^ok \d+ - /.test(line)) process.stdout.write(`${line}\n`)
  counts = countsOf(line) ?? counts
}

// Assertions of a summary line: every test point that is not itself a group of others.
function countsOf(line) {
  const match = /^# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?/.exec(line)
  if (match === null) return undefined
  return { passed: Number(match[2] ?? 0), failed: Number(match[3] ?? 0), skipped: Number(match[4] ?? 0) }
}

child.on('close', (code, signal) => {
  report(pending)
  if (counts === undefined) {
    process.stdout.write(`the tests ended early (${signal ?? `exit code ${code}`})\n0 passed, 1 failed\n`)
    process.exit(1)
  }
  if (counts.skipped > 0)
    process.stdout.write(`${counts.skipped} skipped: what they need is not on this machine\n`)
  const failed = Math.max(counts.failed, code === 0 ? 0 : 1)
  process.stdout.write(`${counts.passed} passed, ${failed} failed\n`)
  process.exit(failed === 0 && counts.passed > 0 ? 0 : 1)
})
