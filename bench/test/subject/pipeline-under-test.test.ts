import { ManualClock } from '@shardline/core'
import t from 'tap'
import { pipelineSubject } from '../../src/subject/pipeline-under-test.ts'
import type { AnswerOrder, PipelineUnderTest } from '../../src/subject/pipeline-under-test.ts'
import { workload } from '../support/fake-subject.ts'

const stages = [{ stage: 'driver', computeMs: 1, decodeComputeMs: 1, hopMs: 0.1 }]

t.test('times the tokens of all streams from one start, with prompts of their own', async (t) => {
  const clock = new ManualClock(1000)
  const orders: AnswerOrder[] = []
  let isDisposed = false
  const pipeline: PipelineUnderTest = {
    description: { program: 'fake' },
    answer: (order) => {
      orders.push(order)
      for (let i = 0; i < order.newTokens; i++) {
        clock.advance(10)
        order.onToken()
      }
      return Promise.resolve({ stages })
    },
    [Symbol.asyncDispose]: () => {
      isDisposed = true
      return Promise.resolve()
    },
  }
  const subject = pipelineSubject({ label: 'ours', pipeline, clock })
  const measurement = await subject.measure(workload({ streams: 2, newTokens: 3 }), 4)
  t.same(measurement?.streams, [{ tokenMs: [10, 20, 30] }, { tokenMs: [40, 50, 60] }])
  t.same(measurement?.stages, stages)
  t.equal(new Set(orders.map(({ text }) => text)).size, 2)
  await subject.measure(workload({ streams: 2 }), 5)
  t.equal(new Set(orders.map(({ text }) => text)).size, 4, 'no prompt comes twice')
  await subject[Symbol.asyncDispose]()
  t.ok(isDisposed)
})
