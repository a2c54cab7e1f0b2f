import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromUnknown, systemClock } from '@shardline/core'
import type { BenchContext } from './bench-context.ts'
import { parseBenchOptions } from './bench-options.ts'
import { parseFailoverBenchOptions } from './failover/failover-bench-options.ts'
import { benchFailover } from './failover.ts'
import { parseInversionBenchOptions } from './inversion/inversion-bench-options.ts'
import { benchInversion } from './inversion.ts'
import { parseLedgerBenchOptions } from './ledger/ledger-bench-options.ts'
import { benchLedger } from './ledger.ts'
import { parseLinkBenchOptions } from './link/link-bench-options.ts'
import { benchLink } from './link.ts'
import { benchPeers } from './peers.ts'
import { benchPipeline } from './pipeline.ts'
import { parsePlanBenchOptions } from './plan/plan-bench-options.ts'
import { benchPlan } from './plan.ts'
import { parseSealingBenchOptions } from './sealing/sealing-bench-options.ts'
import { benchSealing } from './sealing.ts'
import { parseSoakBenchOptions } from './soak/soak-bench-options.ts'
import { benchSoak } from './soak.ts'
import { startCluster } from './subject/start-cluster.ts'

const HERE = fileURLToPath(import.meta.url)
/** Sources are in `bench/src`, built files in `bench/dist/src`. */
const BENCH_FOLDER = join(dirname(HERE), HERE.endsWith('.ts') ? '..' : '../..')

async function main(): Promise<void> {
  const [benchmark, ...flags] = process.argv.slice(2)
  const { markdown, paths } = await measure(benchmark, flags)
  process.stdout.write(`${markdown}\n${paths.join('\n')}\n`)
}

type Measured = ReturnType<typeof benchPeers>

function measure(benchmark: string | undefined, flags: readonly string[]): Measured {
  if (benchmark === 'ledger') return measureLedger(flags)
  if (benchmark === 'inversion') return measureInversion(flags)
  if (benchmark === 'failover') return measureFailover(flags)
  if (benchmark === 'soak') return measureSoak(flags)
  if (benchmark === 'sealing') return measureSealing(flags)
  if (benchmark === 'plan') return measurePlan(flags)
  return benchmark === 'link' ? measureLink(flags) : measureModels()
}

function onStatus(text: string): void {
  process.stderr.write(`${text}\n`)
}

function measureLedger(flags: readonly string[]): Measured {
  const options = parseLedgerBenchOptions(flags)
  return benchLedger({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureLink(flags: readonly string[]): Measured {
  const options = parseLinkBenchOptions(flags)
  return benchLink({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureInversion(flags: readonly string[]): Measured {
  const options = parseInversionBenchOptions(flags)
  return benchInversion({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureFailover(flags: readonly string[]): Measured {
  const options = parseFailoverBenchOptions(flags)
  return benchFailover({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureSoak(flags: readonly string[]): Measured {
  const options = parseSoakBenchOptions(flags)
  return benchSoak({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measurePlan(flags: readonly string[]): Measured {
  const options = parsePlanBenchOptions(flags)
  return benchPlan({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureSealing(flags: readonly string[]): Measured {
  const options = parseSealingBenchOptions(flags)
  return benchSealing({ options, benchFolder: BENCH_FOLDER, clock: systemClock, onStatus })
}

function measureModels(): Measured {
  const context: BenchContext = {
    options: parseBenchOptions(process.argv.slice(2)),
    benchFolder: BENCH_FOLDER,
    startPipeline: startCluster,
    now: () => systemClock.now(),
    onStatus,
  }
  return context.options.benchmark === 'peers' ? benchPeers(context) : benchPipeline(context)
}

try {
  await main()
} catch (cause) {
  const { code, message } = fromUnknown(cause)
  process.stderr.write(`${message} [${code}]\nSee: npm run bench -- --help\n`)
  process.exitCode = 1
}
