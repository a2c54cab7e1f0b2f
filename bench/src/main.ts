import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromUnknown, systemClock } from '@shardline/core'
import type { BenchContext } from './bench-context.ts'
import { parseBenchOptions } from './bench-options.ts'
import { LEDGER_BENCH_FULL, LEDGER_BENCH_QUICK, benchLedger } from './ledger.ts'
import { benchPeers } from './peers.ts'
import { benchPipeline } from './pipeline.ts'
import { startCluster } from './subject/start-cluster.ts'

const HERE = fileURLToPath(import.meta.url)
/** Sources are in `bench/src`, built files in `bench/dist/src`. */
const BENCH_FOLDER = join(dirname(HERE), HERE.endsWith('.ts') ? '..' : '../..')

async function main(): Promise<void> {
  const [benchmark, ...flags] = process.argv.slice(2)
  if (benchmark === 'ledger') {
    const options = flags.includes('--quick') ? LEDGER_BENCH_QUICK : LEDGER_BENCH_FULL
    process.stdout.write(await benchLedger(options, (text) => void process.stderr.write(`${text}\n`)))
    return
  }
  const context: BenchContext = {
    options: parseBenchOptions(process.argv.slice(2)),
    benchFolder: BENCH_FOLDER,
    startPipeline: startCluster,
    now: () => systemClock.now(),
    onStatus: (text) => void process.stderr.write(`${text}\n`),
  }
  const bench = context.options.benchmark === 'peers' ? benchPeers : benchPipeline
  const { markdown, paths } = await bench(context)
  process.stdout.write(`${markdown}\n${paths.join('\n')}\n`)
}

try {
  await main()
} catch (cause) {
  const { code, message } = fromUnknown(cause)
  process.stderr.write(`${message} [${code}]\nSee: npm run bench -- --help\n`)
  process.exitCode = 1
}
