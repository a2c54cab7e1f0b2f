import t from 'tap'
import { startMemoryCluster } from '../support/memory-cluster.ts'
import { judged, proven, requestOf } from '../support/proven-answers.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()
const spares = { workers: 1, validators: 1 }

/** No rows are kept for a replacement: then sessions begin again under other names. */
const NO_RECORD = { replayBytesMax: 1 }

for (const { node, place, settings, what } of [
  { node: 'w1', place: 0, settings: {}, what: 'w1 was lost' },
  { node: 'w2', place: 1, settings: {}, what: 'w2 was lost' },
  { node: 'v', place: 2, settings: {}, what: 'the validator was lost' },
  { node: 'w2', place: 1, settings: NO_RECORD, what: 'all stages had to begin again' },
] as const) {
  t.test(`an answer is paid to those who are there at its end, though ${what}`, async (t) => {
    await using cluster = await startMemoryCluster(cacheFolder, 2, { isSecured: true, spares, settings })
    const before = cluster.pipeline.participants()
    let death: Promise<void> | undefined
    const it = await proven(cluster, [requestOf(cluster)], (chunks) => {
      if (chunks === 20) death = cluster.kill(node)
    })
    await death
    t.ok(death !== undefined, 'the node was lost in the middle')
    // The first name was the rehearsal's.
    t.equal(it.sessions[0] === 's2', settings !== NO_RECORD, 'the session has another name if it began again')
    t.same(await judged(cluster, it), { ok: true, promptTokens: it.prompt, outputTokens: it.output })
    const partiesOf = ({ workers, validator }: typeof before): readonly string[] => [
      ...workers.map((worker) => worker.node),
      validator,
    ]
    const [was, is] = [partiesOf(before), partiesOf(it.participants)]
    t.same(
      is.map((party, index) => party === was[index]),
      [0, 1, 2].map((index) => index !== place),
      'the spare took the place of the lost one, and nobody else moved',
    )
  })
}
