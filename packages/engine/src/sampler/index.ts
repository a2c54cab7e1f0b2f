/**
 * The canonical sampler: chooses the next token from logits so that the same logits, options and seed give the same
 * token on every machine and in every JavaScript engine.
 *
 * ```ts
 * const options = resolveSampling({ temperature: 0.8, topP: 0.95, seed: 7 }, { vocabularySize })
 * const sampler = createSampler(options, vocabularySize)
 * const stops = createStopStringMatcher(['\n\n'])
 * for (;;) {
 *   const { id, isStop } = sampler.next(await logitsOfLastRow())
 *   if (isStop) break
 *   const { text, isStopped } = stops.push(stream.push(id))
 *   process.stdout.write(text)
 *   if (isStopped) break
 * }
 * ```
 *
 * Rules run in this order, each in the file of its name:
 * logit bias, repetition penalty, occurrence penalty (presence and frequency), grammar, then either greedy,
 * or top-k, temperature, top-p, min-p, draw. Temperature stands after top-k because it leaves the order of tokens as it is
 * and then costs k exponentials instead of one per vocabulary entry; the result is the same as the other way round.
 */
export { createSampler } from './canonical-sampler.ts'
export type { SamplerComponents } from './canonical-sampler.ts'
export { canonicalExp } from './canonical-exp.ts'
export { canonicalLog } from './canonical-log.ts'
export { logSoftmaxRow } from './log-softmax-row.ts'
export type { RowLogprobs } from './log-softmax-row.ts'
export { resolveSampling, SAMPLING_DEFAULTS } from './resolve-sampling.ts'
export type { PartialSampling, ResolveSamplingInit, SamplingLimits } from './resolve-sampling.ts'
export { SamplerScratch } from './sampler-scratch.ts'
export * from './sampler-errors.ts'
export * from './sampler-limits.ts'
export type { SampledToken, Sampler, SamplingOptions } from './sampling-options.ts'
export { createStopStringMatcher } from './stop-strings.ts'
export type { StopStringLimits, StopStringMatcher, StopStringOutput } from './stop-strings.ts'
