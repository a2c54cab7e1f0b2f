// `npm run demo:failover`: a worker dies by kill -9 in the middle of an answer, and the text goes on.
// Plain JavaScript: on a fresh machine nothing is installed or built yet.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfStale, installIfMissing, repositoryFolder } from './prepare.mjs'

const HELP = `Usage: npm run demo:failover [-- options]

Starts a cluster (a driver, two workers and a validator, each a process, and one of each that stands by) on the bundled
model, answers a prompt, kills a worker with kill -9 in mid-sentence, and compares the text that goes on with that of
an undisturbed run. Ends with exit code 1 if they differ.

  --kill <name>        who dies: worker-1, worker-2, ... or validator (default: worker-2)
  -w, --workers <n>    worker processes (default: 2)
  -m, --model <ref>    folder or .gguf file of another model
  -p, --prompt <text>  another prompt
  -n, --max-tokens <n> tokens of the answer at the most (default: 160)
  -s, --seed <n>       seed of the random choices (default: 1)
  --help               this text
`

if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
  process.stdout.write(HELP)
  process.exit(0)
}

installIfMissing()
buildIfStale()

// The stages say in their logs how many rows they send again.
process.env['SHARDLINE_LOG'] = 'info'

await import(pathToFileURL(path.join(repositoryFolder, 'bench', 'dist', 'src', 'demo', 'main.js')).href)
