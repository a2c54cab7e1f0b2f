/**
 * Turns prompts into hidden states, plans and forms the pipeline, schedules many sessions over it, and streams the answers.
 *
 * ```ts
 * import { formPipeline } from '@shardline/driver'
 *
 * await using pipeline = await formPipeline(
 *   { transport, clock, random, log, checkpoint: { config, digest, embeddings, tokenizer } },
 *   { workers: ['ws://a:4100', 'ws://b:4100'], validator: 'ws://c:4100', model: 'models/storyteller', precision: 'auto' },
 * )
 * const answer = pipeline.generate({ promptTokenIds, maxTokens: 100, sampling, stopStrings: [], isDigestWanted: false, signal: undefined })
 * for await (const chunk of answer) process.stdout.write(chunk.text)
 * console.log((await answer.result).finishReason)
 * ```
 */
export type * from './answer-tracer.ts'
export * from './choices.ts'
export * from './driver.ts'
export type { DriverLimits } from './driver-settings.ts'
export * from './driver-types.ts'
export * from './enlist/enlist-door.ts'
export * from './enlist/enlist-errors.ts'
export * from './enlist/enlist-limits.ts'
export * from './enlist/enlisted-node.ts'
export * from './errors.ts'
export * from './limits.ts'
export type { StageProgress } from './load-stage.ts'
export * from './planner.ts'
export * from './proof/pipeline-receipts.ts'
export type { ServedCapacity } from './service/capacities.ts'
export type * from './service/paid/ask-market.ts'
export type { SealingKeyRing } from './service/sealing-key-ring.ts'
export { letHeapGrow } from './service/heap-room.ts'
export { RotatingKeyRing } from './service/sealing-key-ring.ts'
export * from './service/serve-answers.ts'
export * from './service/served-model.ts'
export type { ServedPipeline } from './service/served-pipeline.ts'
export type { ServiceLimits } from './service/service-settings.ts'
export * from './speed-prediction.ts'
export * from './stage-identity.ts'
