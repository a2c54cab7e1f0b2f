import { PlanRefusedError } from '@shardline/node'
import type { ValidatorModels } from '@shardline/validator'
import type { WorkerModels } from '@shardline/worker'
import t from 'tap'
import { allowedHeads, allowedStages } from '../../src/cluster/allowed-models.ts'

const asked: string[] = []
const take = (reference: string): Promise<never> => {
  asked.push(reference)
  return Promise.reject(new Error('taken'))
}
const models: WorkerModels & ValidatorModels = {
  inspect: take,
  loadStage: ({ reference }) => take(reference),
  loadHead: ({ reference }) => take(reference),
  loadTokens: take,
  stop: async () => void asked.push('stop'),
}
const request = (reference: string) => ({
  reference,
  layers: { first: 0, count: 1 },
  precision: 'auto' as const,
  onProgress: () => undefined,
  signal: new AbortController().signal,
})

t.test('serves every model where none is named', async (t) => {
  t.equal(allowedStages(models, undefined), models)
  t.equal(allowedHeads(models, undefined), models)
})

t.test('serves the named models, and refuses all others by name before anything is read', async (t) => {
  const stages = allowedStages(models, ['org/one', 'two.gguf'])
  const heads = allowedHeads(models, ['org/one', 'two.gguf'])
  const attempts = (reference: string): readonly (() => Promise<unknown>)[] => [
    () => stages.inspect(reference),
    () => stages.loadStage(request(reference)),
    () => heads.inspect(reference),
    () => heads.loadHead(request(reference)),
    () => heads.loadTokens(reference),
  ]
  for (const attempt of attempts('org/three')) await t.rejects(attempt(), PlanRefusedError)
  t.strictSame(asked, [])
  for (const attempt of attempts('two.gguf')) await t.rejects(attempt(), { message: 'taken' })
  t.equal(asked.length, 5)
})

t.test('stops with what it stands before', async (t) => {
  await allowedStages(models, ['a']).stop()
  await allowedHeads(models, ['a']).stop()
  t.strictSame(asked.slice(-2), ['stop', 'stop'])
})
