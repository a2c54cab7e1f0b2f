import t from 'tap'
import { systemRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { StageReport } from '../../src/index.ts'
import { ToldStages } from '../../src/service/told-stages.ts'

const { id: driver } = await createIdentity(systemRandom)

function stagesOf(validator: string): readonly StageReport[] {
  const nothing = {
    layers: undefined,
    address: 'memory:0',
    packedBytes: 0,
    loadMs: 0,
    numericClass: '',
    computeMs: 0,
    rows: 0,
    decodeComputeMs: undefined,
    hopMs: undefined,
  }
  return [
    { ...nothing, node: 'd', role: 'driver' },
    { ...nothing, node: 'w', role: 'worker', layers: { first: 0, count: 2 } },
    { ...nothing, node: validator, role: 'validator' },
  ]
}

t.test('a change of stages is told once, however many choices see it', (t) => {
  const told = new ToldStages(driver, stagesOf('v'))
  t.same(
    told.stages.map(({ role, party }) => [role, party]),
    [
      ['driver', driver],
      ['worker', 'w'],
      ['validator', 'v'],
    ],
  )
  t.equal(told.update(stagesOf('v')), undefined)
  t.notOk(told.isRestaged)
  t.equal(told.restage(stagesOf('u'))?.stages[2]?.party, 'u')
  t.equal(told.restage(stagesOf('u')), undefined)
  t.ok(told.isRestaged)
  t.end()
})

t.test('a stage that was replaced by its own node is no news, but a failover', (t) => {
  const told = new ToldStages(driver, stagesOf('v'))
  t.equal(told.restage(stagesOf('v')), undefined)
  t.ok(told.isRestaged)
  t.end()
})
