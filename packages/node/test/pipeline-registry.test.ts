import { epoch, pipelineId } from '@shardline/core'
import type { PlanMessage } from '@shardline/wire'
import t from 'tap'
import type { PeerLink } from '../src/peer-link.ts'
import { PipelineRegistry } from '../src/pipeline-registry.ts'

const driver = {} as PeerLink

function plan(id: string, number: number): PlanMessage {
  return { pipeline: pipelineId(id), epoch: epoch(number) } as unknown as PlanMessage
}

t.test(
  'a pipeline that is replaced while it waits for earlier ones does not wait for its own end',
  async (t) => {
    const registry = new PipelineRegistry(4)
    const { pipeline: spare } = registry.admit(plan('p.spare.1', 1), driver)
    let free = (): void => undefined
    spare.ended = new Promise((resolve) => {
      free = resolve
    })
    const { pipeline: first } = registry.admit(plan('p', 2), driver)
    const forming = registry.settled(first)
    const { pipeline: second, replaced } = registry.admit(plan('p', 3), driver)
    t.equal(replaced, first)
    first.ended = forming
    let isSettled = false
    const settled = registry.settled(second).then(() => {
      isSettled = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    t.notOk(isSettled, 'it waits for what was released before')
    free()
    await settled
  },
)
