import { SeededRandom, systemRandom } from '@shardline/core'
import t from 'tap'
import { startChaosCluster } from '../support/chaos/chaos-cluster.ts'
import { ChaosLoad } from '../support/chaos/chaos-load.ts'
import { countOutcomes, describeInjected, findBugs, findCauseless } from '../support/chaos/chaos-report.ts'
import { endAndFindLeaks } from '../support/chaos/cluster-leaks.ts'
import { describeFault, drawFaults } from '../support/chaos/fault.ts'
import { injectFault } from '../support/chaos/inject-faults.ts'
import type { InjectedFault } from '../support/chaos/inject-faults.ts'
import { readText } from '../tidy/sources.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 32))
const FAULTS = isSoak ? 400 : 40
const STREAMS = 8
/** Codes that the page of errors explains. */
const DOCUMENTED = new Set(
  [...readText('docs/reference/errors.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code ?? ''),
)

t.setTimeout(isSoak ? 3_600_000 : 300_000)

t.test('answers live through faults with the same text, or end by name', async (t) => {
  t.comment(`SEED=${seed}`)
  const faults = drawFaults({
    seed,
    count: FAULTS,
    targets: ['worker', 'validator', 'driver'],
    moments: ['prefill', 'decode'],
  })
  for (const fault of faults) t.comment(describeFault(fault))
  await using cluster = await startChaosCluster({ random: new SeededRandom(seed) })
  const { workers, validators, driver } = cluster
  const load = new ChaosLoad(cluster.source, STREAMS)
  await load.rehearse()

  const over = new AbortController()
  const running = load.run(over.signal)
  const injected: InjectedFault[] = []
  const targets = { worker: workers, validator: validators, driver: [driver] }
  for (const fault of faults) injected.push(await injectFault(fault, { load, targets }))
  over.abort()
  await running
  const disturbed = [...load.answers]
  for (const done of injected) t.comment(describeInjected(done, disturbed))
  t.comment(JSON.stringify(countOutcomes(disturbed)))
  t.same(findBugs(disturbed, DOCUMENTED), [], 'every answer is the same or ends by name')
  t.same(findCauseless(disturbed, injected), [], 'nothing ends an answer but faults')
  t.ok(disturbed.filter(({ outcome }) => outcome === 'same').length >= STREAMS, 'answers live')

  for (let stream = 0; stream < STREAMS; stream++) {
    t.equal((await load.answer(stream)).outcome, 'same', `stream ${stream} after all faults`)
  }
  t.same(await endAndFindLeaks(cluster), [], 'nothing is left')
})
