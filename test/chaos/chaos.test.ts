import { systemRandom } from '@shardline/core'
import t from 'tap'
import { drawFaults } from '../support/chaos/fault.ts'
import { runChaos } from '../support/chaos/run-chaos.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const seed = Number(process.env['SEED'] ?? systemRandom.integer(2 ** 32))
const FAULTS = isSoak ? 400 : 40
const STREAMS = 8

t.setTimeout(isSoak ? 3_600_000 : 600_000)

t.test('answers live through faults with the same text, or end by name and are not billed', async (t) => {
  const faults = drawFaults({
    seed,
    count: FAULTS,
    targets: ['worker', 'validator', 'driver', 'market', 'relay'],
    moments: ['prefill', 'decode', 'settlement'],
  })
  await runChaos(t, { seed, faults, streams: STREAMS })
})
