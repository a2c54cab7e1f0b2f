import { SeededRandom } from '@shardline/core'
import type { PostgresServer } from '@shardline/ledger/testing'
import type { Test } from 'tap'
import { readText } from '../../tidy/sources.ts'
import { auditAccounts } from './audit-accounts.ts'
import { startChaosCluster } from './chaos-cluster.ts'
import type { ChaosCluster } from './chaos-cluster.ts'
import { ChaosLoad } from './chaos-load.ts'
import { countOutcomes, describeInjected, findBugs, findCauseless } from './chaos-report.ts'
import { endAndFindLeaks } from './cluster-leaks.ts'
import { describeFault } from './fault.ts'
import type { Fault, FaultTarget } from './fault.ts'
import { injectFault } from './inject-faults.ts'
import type { InjectedFault } from './inject-faults.ts'

/** What a run of faults is. */
export interface ChaosRun {
  readonly seed: number
  readonly faults: readonly Fault[]
  /** Answers that run at the same time. */
  readonly streams: number
  /** Server of the market's database. @default an embedded one */
  readonly postgres?: PostgresServer | undefined
}

/** Codes that the page of errors explains. */
const DOCUMENTED: ReadonlySet<string> = new Set(
  [...readText('docs/reference/errors.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code ?? ''),
)

/**
 * Lets faults hit a cluster under load, and checks all that has to hold: each answer is the undisturbed one or ended by a
 * named error for which there was a reason; the cluster answers as before when it is over; everybody has what the
 * answers earned, and nobody anything else; nothing is left.
 */
export async function runChaos(t: Test, { seed, faults, streams, postgres }: ChaosRun): Promise<void> {
  t.comment(`SEED=${seed}`)
  for (const fault of faults) t.comment(describeFault(fault))
  const hits = new Set(faults.map(({ target }) => target))
  const options = { isPaid: hits.has('market'), isRelayed: hits.has('relay'), postgres }
  await using cluster = await startChaosCluster({ random: new SeededRandom(seed), ...options })
  const load = new ChaosLoad(cluster.source, streams)
  await load.rehearse()

  const injected: InjectedFault[] = []
  try {
    await disturb(cluster, load, { faults, onOver: (done) => injected.push(done) })
  } finally {
    for (const done of injected) t.comment(describeInjected(done, load.answers))
  }
  const disturbed = [...load.answers]
  t.comment(JSON.stringify(countOutcomes(disturbed)))
  const reasons = new Set(disturbed.map(({ reason }) => reason).filter((reason) => reason !== ''))
  for (const reason of reasons) t.comment(reason)
  t.same(findBugs(disturbed, DOCUMENTED), [], 'every answer is the same or ends by name')
  t.same(findCauseless(disturbed, injected), [], 'nothing ends an answer but faults')
  t.ok(disturbed.filter(({ outcome }) => outcome === 'same').length >= streams, 'answers live')
  for (let stream = 0; stream < streams; stream++) {
    t.equal((await load.answer(stream)).outcome, 'same', `stream ${stream} after all faults`)
  }
  await checkAccounts(t, cluster, load)
  t.same(await endAndFindLeaks(cluster), [], 'nothing is left')
  await checkLedger(t, cluster)
}

interface Disturbance {
  readonly faults: readonly Fault[]
  /** Told each fault when it is over. */
  readonly onOver: (done: InjectedFault) => unknown
}

/** Lets the faults hit one after the other while all streams run; ends when the answers that ran are over. */
async function disturb(
  { workers, validators, driver, market, relay }: ChaosCluster,
  load: ChaosLoad,
  { faults, onOver }: Disturbance,
): Promise<void> {
  const targets: Readonly<Record<FaultTarget, ChaosCluster['workers']>> = {
    worker: workers,
    validator: validators,
    driver: [driver],
    market: market === undefined ? [] : [market],
    relay: relay === undefined ? [] : [relay],
  }
  const over = new AbortController()
  const running = load.run(over.signal)
  try {
    for (const fault of faults) onOver(await injectFault(fault, { load, targets, server: market?.server }))
  } finally {
    over.abort()
    await running
  }
}

async function checkAccounts(t: Test, { market, nodes }: ChaosCluster, load: ChaosLoad): Promise<void> {
  if (market === undefined) return
  const { wrong, requests, billed, unpaid, late, shortened } = await auditAccounts(
    market,
    nodes,
    load.answers,
  )
  t.same(wrong, [], 'everybody has what the answers earned')
  t.comment(`${requests.length} requests, ${billed} microcredits billed`)
  t.comment(
    `${unpaid} whole answers unpaid, ${late} of them refunded at the deadline only; ${shortened} paid in part`,
  )
}

async function checkLedger(t: Test, { market, group }: ChaosCluster): Promise<void> {
  if (market === undefined) return
  const verified = await group.run(['ledger', 'verify', '--database', market.database, '--json'])
  t.match(JSON.parse(verified), { is_intact: true, fault: null }, 'the ledger is intact')
}
