import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startNodeLlama } from '../../src/subject/node-llama.ts'
import { workload } from '../support/fake-subject.ts'

const program = fileURLToPath(new URL('../support/echo-peer.mjs', import.meta.url))
const workloads = [
  workload({ streams: 1, promptTokens: 100, newTokens: 1, metrics: ['prefillTokensPerSecond'] }),
  workload({ streams: 8, promptTokens: 10, newTokens: 20 }),
]

t.test('asks for room for every workload and reads the times back', async (t) => {
  await using subject = await startNodeLlama({ program, model: 'm.gguf', threads: 2, workloads })
  t.match(subject.description, {
    program: 'echo',
    model: 'm.gguf',
    threads: '2',
    streams: '8',
    contextTokens: '117',
  })
  const measurement = await subject.measure(workloads[1]!, 1)
  t.equal(measurement?.streams.length, 8)
  t.same(measurement?.metrics, { decodeTokensPerSecond: 800 })
  t.same((await subject.measure(workloads[0]!, 1))?.metrics, { prefillTokensPerSecond: 1000 })
})

t.test('passes on what the peer reports', async (t) => {
  const starting = startNodeLlama({ program, model: 'missing', threads: 2, workloads })
  await t.rejects(starting, { code: 'CORE_REMOTE', message: /no such model/ })
})

t.test('says how the peer ended and what it wrote', async (t) => {
  const starting = startNodeLlama({ program, model: 'crash', threads: 2, workloads })
  await t.rejects(starting, { code: 'CORE_UNEXPECTED', message: /exit code 7[^]*out of memory/ })
})
