// `npm start`: installs and builds what is missing, then starts a paid local cluster on the bundled model and talks to it.
// Plain JavaScript: on a fresh machine nothing is installed or built yet.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfStale, installIfMissing, repositoryFolder } from './prepare.mjs'

const FIRST_PROMPT = 'Tell me a story about a fox and a lost key.'
// Fixed, so that the same question gets the same answer; --seed changes it.
const SEED = '1'

const HELP = `Usage: npm start [-- options]

Installs and builds what is missing, starts a local cluster (a market, a driver, two workers and a validator, each a
process) on the bundled model, answers a first prompt through the market, goes on with a chat if there is a terminal,
and ends with the bill: who earned how much of your play money.

  --once "text"    print one answer and stop
  --prompt "text"  another first prompt
  --free           without the market; shows what each stage did
  --help           this text

All other options are those of \`shardline up\`, for example:
  npm start -- --workers 3
  npm start -- --model ./SmolLM2-135M-Instruct.Q4_1.gguf --once "What is a pipeline?"
`

const args = process.argv.slice(2)
// Whoever serves others, or says so, has no use for a market of this machine.
const FREE = ['--free', '--no-market']
const isGiven = (...names) =>
  args.some((arg) => names.some((name) => arg === name || arg.startsWith(`${name}=`)))

if (isGiven('--help', '-h')) {
  process.stdout.write(HELP)
  process.exit(0)
}

installIfMissing()
buildIfStale()

const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true
const defaults = []
if (!isGiven('--once', '--prompt', '-p')) defaults.push(isInteractive ? '--prompt' : '--once', FIRST_PROMPT)
if (!isGiven('--seed', '-s')) defaults.push('--seed', SEED)
if (!isGiven(...FREE, '--paid', '--serve', '--gateway')) defaults.push('--paid')

const entry = path.join(repositoryFolder, 'packages', 'cli', 'dist', 'src', 'main.js')
process.argv = [process.execPath, entry, 'up', ...defaults, ...args.filter((arg) => !FREE.includes(arg))]
await import(pathToFileURL(entry).href)
