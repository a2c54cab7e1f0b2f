import { SeededRandom, silentLog } from '@shardline/core'
import t from 'tap'
import type { PipelineReceipts } from '../../../src/index.ts'
import type { AnswerProgress } from '../../../src/service/answer-count.ts'
import { ProofSoFar } from '../../../src/service/paid/proof-so-far.ts'

const set = (name: string): PipelineReceipts => ({ participants: name, receipts: [] }) as never
const at = (output: number, prompt = 0): AnswerProgress => ({
  delivered: { prompt, output },
  sessions: [{ id: 's1', tokens: output }],
})
/** Lets what was resolved be seen. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test(
  'asks when enough rows came, one set at a time, and keeps the last one that is complete',
  async (t) => {
    const asked: { readonly output: number; settle: (error?: Error) => void }[] = []
    const collect = ({ delivered: { output } }: AnswerProgress): Promise<PipelineReceipts> =>
      new Promise((resolve, reject) => {
        const settle = (error?: Error): void =>
          error === undefined ? resolve(set(`at ${output}`)) : reject(error)
        asked.push({ output, settle })
      })
    const proof = new ProofSoFar({ collect, log: silentLog }, { ask: 'a', intervalRows: 10 })
    for (let output = 1; output <= 25; output++) proof.note(at(output))
    t.same(
      asked.map(({ output }) => output),
      [10],
      'the second one waits for the first',
    )
    t.equal(proof.latest, undefined)
    asked[0]?.settle()
    await turn()
    t.match(proof.latest, { participants: 'at 10', delivered: { prompt: 0, output: 10 } })
    proof.note(at(26))
    asked[1]?.settle(new Error('a stage is gone'))
    await turn()
    t.match(proof.latest, { participants: 'at 10' }, 'a set that never came changes nothing')
    proof.note(at(35))
    t.equal(asked.length, 2, 'it is not asked for at once again')
    proof.note(at(36))
    asked[2]?.settle()
    await turn()
    t.match(proof.latest, { participants: 'at 36', delivered: { output: 36 } })
  },
)

t.test('a prompt counts like the tokens after it', async (t) => {
  const asked: number[] = []
  const collect = async ({ delivered }: AnswerProgress): Promise<PipelineReceipts> => {
    asked.push(delivered.output)
    return set('')
  }
  const proof = new ProofSoFar({ collect, log: silentLog }, { ask: 'a', intervalRows: 32 })
  for (let output = 1; output <= 60; output++) {
    proof.note(at(output, 400))
    await turn()
  }
  t.same(asked, [1], 'the next one is due at 502 rows')
})

t.test('all sets together cover a few times the rows of the last, however long the answer is', async (t) => {
  const random = new SeededRandom(Number(process.env['SEED'] ?? 11))
  t.comment(`SEED=${process.env['SEED'] ?? 11}`)
  for (let run = 0; run < 20; run++) {
    const intervalRows = 1 + random.integer(64)
    const rows = 1 + random.integer(20_000)
    let [covered, last, lost] = [0, 0, 0]
    const collect = async ({ delivered: { output } }: AnswerProgress): Promise<PipelineReceipts> => {
      covered += output
      last = output
      return set('')
    }
    const proof = new ProofSoFar({ collect, log: silentLog }, { ask: 'a', intervalRows })
    for (let output = 1; output <= rows; output++) {
      proof.note(at(output))
      if (last === output) await turn()
      lost = Math.max(lost, output - last - Math.max(intervalRows, last / 4))
    }
    // Six sets of the interval, then each a fourth more than the one before: 1 / (1 - 1 / 1.25) = 5.
    t.ok(covered <= 5 * last + 15 * intervalRows, `${covered} rows in all sets, ${last} in the last`)
    t.ok(lost < 1, 'what a loss costs at most is an interval, or a fourth of what was signed')
  }
})

t.test('before the first token of a proven choice there is nothing to ask for', async (t) => {
  let asked = 0
  const collect = async (): Promise<PipelineReceipts> => {
    asked += 1
    return set('')
  }
  const proof = new ProofSoFar({ collect, log: silentLog }, { ask: 'a', intervalRows: 1 })
  proof.note({ delivered: { prompt: 100, output: 0 }, sessions: [] })
  t.equal(asked, 0)
})
