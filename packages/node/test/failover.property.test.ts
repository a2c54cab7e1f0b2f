import type { SeededRandom } from '@shardline/core'
import t from 'tap'
import { seededRandom } from './fixtures/seed.ts'
import { ToyChain } from './fixtures/toy-chain.ts'

const CHAINS = 12
const STEPS = 40
const SESSIONS_MAX = 4

/** One thing that a driver, or fate, does; sessions by name with their lengths. */
async function step(chain: ToyChain, random: SeededRandom, lengths: Map<string, number>): Promise<string> {
  const open = [...lengths.keys()]
  const session = open[random.integer(Math.max(1, open.length))]
  const fate = random.integer(100)
  if (session === undefined || (fate < 10 && open.length < SESSIONS_MAX)) {
    const id = `s${chain.epoch}-${random.integer(1e9)}`
    const values = valuesOf(random, 12)
    await chain.give({ open: [id], rows: [{ session: id, position: 0, values, use: 'sample' }] })
    lengths.set(id, values.length)
    return `open ${id} with ${values.length}`
  }
  const length = lengths.get(session) ?? 0
  if (fate < 60) {
    const values = valuesOf(random, fate < 40 ? 1 : 9)
    await chain.give({ rows: [{ session, position: length, values, use: fate < 30 ? 'sample' : 'none' }] })
    lengths.set(session, length + values.length)
    return `give ${values.length} to ${session}`
  }
  if (fate < 72) {
    const position = random.integer(length + 1)
    const values = valuesOf(random, 5)
    await chain.give({ rows: [{ session, position, values, use: 'sample' }] })
    lengths.set(session, position + values.length)
    return `roll ${session} back to ${position} and give ${values.length}`
  }
  if (fate < 78) {
    await chain.give({ close: [session] })
    lengths.delete(session)
    return `close ${session}`
  }
  if (fate < 84) {
    await new Promise((resolve) => setTimeout(resolve, random.integer(4)))
    return 'wait'
  }
  if (fate < 91) {
    const victims = chain.stages.slice(0, -1).filter(() => random.integer(2) === 0)
    await Promise.all(victims.map((stage) => chain.kill(stage)))
    const rows = await chain.reform()
    return `kill ${victims.map(({ name }) => name).join()} and reform, ${rows} rows again`
  }
  const victims = chain.stages.slice(0, -1).filter(() => random.integer(3) === 0)
  await chain.reformAmidst(async () => {
    await new Promise((resolve) => setTimeout(resolve, random.integer(3)))
    await Promise.all(victims.map((stage) => chain.kill(stage)))
  })
  return `reform while ${victims.map(({ name }) => name).join()} die`
}

function valuesOf(random: SeededRandom, countMax: number): readonly number[] {
  return Array.from({ length: 1 + random.integer(countMax) }, () => random.integer(9))
}

/** Rows that the last stage, which nobody killed, gave more than once. */
function repeatedRows(chain: ToyChain): number {
  const given = new Set<string>()
  let repeated = 0
  for (const { segments } of chain.last.link.hidden) {
    for (const { session, turn, position, rows } of segments) {
      for (let row = position; row < position + rows; row++) {
        const key = `${session} ${turn} ${row}`
        if (given.has(key)) repeated += 1
        given.add(key)
      }
    }
  }
  return repeated
}

t.test('whatever is lost, cut and formed anew: each session gives the rows of a quiet run', async (t) => {
  const random = seededRandom()
  for (let run = 0; run < CHAINS; run++) {
    await using chain = await ToyChain.form({
      transport: 'memory',
      stages: 3 + random.integer(2),
      settings: { rowsPerRunMax: 1 + random.integer(6) },
    })
    const lengths = new Map<string, number>()
    const history: string[] = []
    for (let i = 0; i < STEPS; i++) history.push(await step(chain, random, lengths))
    const rows = await chain.settled()
    for (const session of lengths.keys()) {
      t.same(rows.get(session), chain.expected(session), `run ${run}: ${session}`)
    }
    t.equal(repeatedRows(chain), 0, `run ${run}: the last stage gives no row twice`)
    for (const { link, name } of chain.stages) {
      const codes = link.errors.filter(({ code }) => !code.startsWith('NODE_NEXT_'))
      t.same(codes, [], `${name} reports nothing else; ${history.join('; ')}`)
    }
    for (const session of lengths.keys()) await chain.give({ close: [session] })
    await chain.closed()
    for (const { work, name } of chain.stages) t.equal(work.sessions.size, 0, `${name} holds nothing`)
  }
})
