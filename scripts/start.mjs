// `npm start`: installs and builds what is missing, then starts a local cluster on the bundled model and talks to it.
// Plain JavaScript: on a fresh machine nothing is installed or built yet.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfStale, installIfMissing, repositoryFolder } from './prepare.mjs'

const FIRST_PROMPT = 'Tell me a story about a fox and a lost key.'
// Fixed, so that the same question gets the same answer; --seed changes it.
const SEED = '1'

const HELP = `Usage: npm start [-- options]

Installs and builds what is missing, starts a local cluster (a driver, two workers and a validator, each a process)
on the bundled model, answers a first prompt, shows what each stage did, and goes on with a chat if there is a terminal.

  --once "text"    print one answer and stop
  --prompt "text"  another first prompt
  --help           this text

All other options are those of \`shardline up\`, for example:
  npm start -- --workers 3
  npm start -- --model ./SmolLM2-135M-Instruct.Q4_1.gguf --once "What is a pipeline?"
`

const args = process.argv.slice(2)
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

const entry = path.join(repositoryFolder, 'packages', 'cli', 'dist', 'src', 'main.js')
process.argv = [process.execPath, entry, 'up', ...defaults, ...args]
await import(pathToFileURL(entry).href)
