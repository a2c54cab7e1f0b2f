import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { frame } from './fixtures/frames.ts'
import { rowsOut, ToyChain } from './fixtures/toy-chain.ts'
import type { ToyStage } from './fixtures/toy-chain.ts'

const range = (count: number, first = 1): readonly number[] =>
  Array.from({ length: count }, (_, i) => first + i)

/** Rows that a stage computed. */
const rowsRun = (stage: ToyStage): number => stage.work.runs.reduce((sum, { rows }) => sum + rows, 0)

/** Lets no run of a stage end until the function that is returned is called. */
function hold(stage: ToyStage): () => void {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  stage.work.beforeRun = () => held
  return () => {
    stage.work.beforeRun = () => undefined
    release()
  }
}

for (const transport of ['memory', 'websocket'] as const) {
  t.test(`over ${transport}`, async (t) => {
    t.test('a replaced stage gets its rows again, and the one behind it computes none twice', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 4 })
      await chain.give({ open: ['a', 'b'], rows: [{ session: 'a', position: 0, values: range(20) }] })
      for (let i = 0; i < 5; i++) {
        await chain.give({ rows: [{ session: 'b', position: i, values: [i + 3], use: 'sample' }] })
        await chain.give({ rows: [{ session: 'a', position: 20 + i, values: [i], use: 'sample' }] })
      }
      await chain.settled()
      await chain.kill(chain.stages[2]!)
      t.match(await chain.stages[1]!.link.next('error'), {
        code: 'NODE_NEXT_LOST',
        isFatal: true,
        sessions: [],
      })
      t.equal(await chain.reform(), 0, 'the driver gives nothing again')
      await chain.give({
        rows: [
          { session: 'a', position: 25, values: [7], use: 'sample' },
          { session: 'b', position: 5, values: [9], use: 'sample' },
        ],
      })
      const rows = await chain.settled()
      t.same(rows.get('a'), chain.expected('a'))
      t.same(rows.get('b'), chain.expected('b'))
      t.equal(rowsRun(chain.stages[1]!), 32, 'the stage before computes none again')
      t.equal(rowsRun(chain.stages[2]!), 32, 'the replacement computes all')
      t.equal(rowsRun(chain.stages[3]!), 32, 'the stage behind computes none again')
    })

    t.test('a stage that dies in the middle of a prompt is replaced, with what was on its way', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3, settings: { rowsPerRunMax: 4 } })
      hold(chain.stages[1]!)
      await chain.give({ open: ['a'], rows: [{ session: 'a', position: 0, values: range(10) }] })
      await chain.stages[1]!.link.link.send({ kind: 'describe', request: 1 })
      await chain.kill(chain.stages[1]!)
      await chain.reform()
      await chain.give({ rows: [{ session: 'a', position: 10, values: range(10, 11), use: 'sample' }] })
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      t.equal(rowsRun(chain.last), 20)
    })

    t.test('worker 1 is replaced from the rows of the driver', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3 })
      await chain.give({
        open: ['a'],
        rows: [{ session: 'a', position: 0, values: range(6), use: 'sample' }],
      })
      await chain.give({ rows: [{ session: 'a', position: 3, values: [50, 51], use: 'sample' }] })
      await chain.settled()
      await chain.kill(chain.first)
      t.equal(await chain.reform(), 5)
      await chain.give({ rows: [{ session: 'a', position: 5, values: [60], use: 'sample' }] })
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      t.equal(rowsRun(chain.stages[1]!), 9, 'the stage behind computes none again')
    })

    t.test('two stages that die together are both rebuilt', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 4 })
      await chain.give({
        open: ['a'],
        rows: [{ session: 'a', position: 0, values: range(8), use: 'sample' }],
      })
      await chain.settled()
      await Promise.all([chain.kill(chain.stages[1]!), chain.kill(chain.stages[2]!)])
      await chain.reform()
      await chain.give({ rows: [{ session: 'a', position: 8, values: [3], use: 'sample' }] })
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      t.equal(rowsRun(chain.last), 9)
    })

    t.test('a roll back that the lost stage had not passed on counts', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3 })
      await chain.give({
        open: ['a'],
        rows: [{ session: 'a', position: 0, values: range(8), use: 'sample' }],
      })
      await chain.settled()
      hold(chain.stages[1]!)
      await chain.give({ rows: [{ session: 'a', position: 2, values: [70, 71, 72], use: 'sample' }] })
      await chain.kill(chain.stages[1]!)
      await chain.reform()
      const rows = await chain.settled()
      t.same(rows.get('a'), chain.expected('a'))
      t.equal(rowsRun(chain.last), 11, 'three rows are new')
    })

    t.test('what an old formation still sends changes nothing', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3 })
      await chain.give({
        open: ['a'],
        rows: [{ session: 'a', position: 0, values: range(4), use: 'sample' }],
      })
      await chain.settled()
      const stale = chain.stages[1]!
      const release = hold(stale)
      await chain.give({ rows: [{ session: 'a', position: 4, values: [5], use: 'sample' }] })
      chain.stages[1] = await chain.startStage()
      await chain.replan(new Set([1]))
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      const frames = chain.last.link.hidden.length
      release()
      await stale.link.link.send(frame({ epoch: 1, rows: [{ session: 'a', position: 2, values: [99] }] }))
      await chain.give({ rows: [{ session: 'a', position: 5, values: [6], use: 'sample' }] })
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      t.equal(chain.last.link.hidden.length, frames + 1)
      t.equal(rowsRun(chain.last), 6)
    })

    t.test('a stage that stands still holds nobody up, and changes nothing when it goes on', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3 })
      await chain.give({
        open: ['a'],
        rows: [{ session: 'a', position: 0, values: range(4), use: 'sample' }],
      })
      await chain.settled()
      const frozen = chain.stages[1]!
      const release = hold(frozen)
      await chain.give({ rows: [{ session: 'a', position: 4, values: [5], use: 'sample' }] })
      while (frozen.server.counters.framesIn < 2) await sleep(1)
      frozen.transport.freeze()
      release()
      chain.stages[1] = await chain.startStage()
      await chain.replan(new Set([1]))
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      frozen.transport.thaw()
      while (chain.last.server.counters.staleFrames === 0) await sleep(1)
      await chain.give({ rows: [{ session: 'a', position: 5, values: [6], use: 'sample' }] })
      t.same((await chain.settled()).get('a'), chain.expected('a'))
      t.equal(rowsRun(chain.last), 6)
    })

    t.test('a session that ends while there is no way on is closed behind the new stage', async (t) => {
      await using chain = await ToyChain.form({ transport, stages: 3 })
      await chain.give({
        open: ['a', 'b'],
        rows: [{ session: 'a', position: 0, values: [1, 2], use: 'sample' }],
      })
      await chain.settled()
      await chain.kill(chain.stages[1]!)
      await chain.first.link.next('error')
      await chain.give({ rows: [{ session: 'a', position: 2, values: [3], use: 'score' }], close: ['a'] })
      await chain.reform()
      const { link, work } = chain.last
      await link.until(() => link.hidden.some(({ close }) => close.includes('a')))
      t.same(rowsOut(link.hidden).get('a')?.length, 3, 'its last row came before')
      t.equal(work.sessions.size, 1)
      t.equal(chain.first.work.sessions.size, 1)
    })
  })
}
