import { connectMarket } from '@shardline/client'
import { SeededRandom, systemClock, systemRandom } from '@shardline/core'
import type { PartyId } from '@shardline/identity'
import t from 'tap'
import { auditAccounts } from '../support/chaos/audit-accounts.ts'
import { startChaosCluster } from '../support/chaos/chaos-cluster.ts'
import { ChaosLoad } from '../support/chaos/chaos-load.ts'
import { recomputeBalances, recomputeSkip } from '../support/recompute-balances.ts'

const isSoak = process.env['SHARDLINE_SOAK'] === '1'
const REQUESTS = isSoak ? 200 : 10
const STREAMS = 4
/** A stage dies whenever so many answers are over. */
const ANSWERS_PER_DEATH = isSoak ? 10 : 5
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))

t.setTimeout(isSoak ? 1_200_000 : 600_000)

t.test(
  'what everybody has is what the receipts say, however many stages died',
  { skip: recomputeSkip },
  async (t) => {
    t.comment(`SEED=${seed}`)
    const random = new SeededRandom(seed)
    await using cluster = await startChaosCluster({ random, workers: 2, spares: 1, isPaid: true })
    const { market, nodes } = cluster
    if (market === undefined) throw new Error('a paid cluster has a market')
    const load = new ChaosLoad(cluster.source, STREAMS)
    await load.rehearse()
    const stages = [...cluster.workers, ...cluster.validators]
    let begun = 0
    let deaths = 0
    const one = async (stream: number): Promise<void> => {
      while (begun < REQUESTS) {
        begun += 1
        if (begun % ANSWERS_PER_DEATH === 0) {
          deaths += 1
          const victim = stages[random.integer(stages.length)]?.process
          if (victim === undefined) throw new Error('there is a stage')
          await victim.kill()
          await victim.start()
        }
        await load.answer(stream)
      }
    }
    await Promise.all(Array.from({ length: STREAMS }, (_, stream) => one(stream)))
    const ends = load.answers.map(({ outcome }) => outcome)
    t.comment(
      `${deaths} deaths; answers: ${ends.filter((end) => end === 'same').length} of ${ends.length} same`,
    )
    t.notOk(ends.includes('different'), 'no answer changed')
    t.notOk(ends.includes('hung'), 'no answer hung')
    const audit = await auditAccounts(market, nodes, load.answers)
    t.same(audit.wrong, [])
    const parties = [market.user, ...nodes.map(({ identity }) => identity)]
    const balances: Record<PartyId, bigint> = {}
    for (const identity of parties) {
      const client = connectMarket({
        url: market.process.address,
        identity,
        clock: systemClock,
        random: systemRandom,
      })
      const { available, held } = await client.balance()
      balances[identity.id] = available + held
    }
    await market.process.stop()
    const deposited = { [market.user.id]: market.deposited }
    const recomputed = await recomputeBalances({ database: market.database, deposited, balances })
    t.same(recomputed.wrong, [])
    t.ok(
      recomputed.billedRequests >= ends.filter((end) => end === 'same').length,
      'every whole answer is billed',
    )
    t.comment(
      `${recomputed.billedRequests} bills from ${recomputed.receipts} receipts, ${audit.billed} billed`,
    )
    const forged = { ...balances, [market.user.id]: (balances[market.user.id] ?? 0n) + 1n }
    const found = await recomputeBalances({ database: market.database, deposited, balances: forged })
    t.equal(found.wrong.length, 1, 'one microcredit too much is found')
  },
)
