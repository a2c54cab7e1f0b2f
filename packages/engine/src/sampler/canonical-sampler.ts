import type { ShardlineError } from '@shardline/core'
import { assert, SeededRandom } from '@shardline/core'
import type { CompiledGrammar } from '../grammar/compiled-grammar.ts'
import { GrammarStuckError } from '../grammar/grammar-errors.ts'
import type { GrammarCursor } from '../grammar/grammar-cursor.ts'
import { collectCandidates } from './candidates.ts'
import { draw } from './draw.ts'
import { pickGreedy } from './greedy.ts'
import { bestLogprobs, logprobOf, normalizeRow } from './log-softmax-row.ts'
import { applyLogitBias } from './logit-bias.ts'
import { keepMinP } from './min-p.ts'
import { applyOccurrencePenalty } from './occurrence-penalty.ts'
import { applyRepetitionPenalty } from './repetition-penalty.ts'
import { LogitsSizeError, TokenIdOutOfRangeError, TokensAllBannedError } from './sampler-errors.ts'
import { SamplerScratch } from './sampler-scratch.ts'
import type { SampledToken, Sampler, SamplingOptions } from './sampling-options.ts'
import { applyTemperature } from './temperature.ts'
import { keepTopK } from './top-k.ts'
import { keepTopP } from './top-p.ts'

/** What a sampler can be given to share. */
export interface SamplerComponents {
  /** Working memory for this vocabulary; all samplers of one thread can share one. @default one of its own */
  readonly scratch?: SamplerScratch
  /** What the options' grammar was compiled to, for the vocabulary of this model. @default none, if the options have none */
  readonly grammar?: CompiledGrammar | undefined
}

/**
 * Makes the sampler of one session.
 *
 * The random stream is a `SeededRandom` of the session's own, and every token takes exactly one number from it, also a
 * greedy one: so the n-th token always meets the n-th number, which is what lets {@link Sampler.replay} go on in the middle.
 *
 * @param options resolved and checked by `resolveSampling` for this vocabulary.
 * @throws LogitsSizeError if the shared scratch was made for another vocabulary.
 */
export function createSampler(
  options: SamplingOptions,
  vocabularySize: number,
  components: SamplerComponents = {},
): Sampler {
  const scratch = components.scratch ?? new SamplerScratch(vocabularySize, options.topLogprobs)
  if (scratch.vocabularySize !== vocabularySize)
    throw new LogitsSizeError(scratch.vocabularySize, vocabularySize)
  const { grammar } = components
  assert(
    (grammar === undefined) === (options.grammar === null),
    'a sampler is given the grammar of its options',
  )
  return new CanonicalSampler(options, scratch, grammar?.start())
}

class CanonicalSampler implements Sampler {
  readonly #options: SamplingOptions
  readonly #scratch: SamplerScratch
  readonly #random: SeededRandom
  readonly #stopTokens: ReadonlySet<number>
  /** How often each token was generated. */
  readonly #generated = new Map<number, number>()
  readonly #grammar: GrammarCursor | undefined

  constructor(options: SamplingOptions, scratch: SamplerScratch, grammar: GrammarCursor | undefined) {
    this.#grammar = grammar
    this.#options = options
    this.#scratch = scratch
    this.#random = new SeededRandom(options.seed)
    this.#stopTokens = new Set(options.stopTokenIds)
  }

  next(logits: Float32Array): SampledToken {
    const { vocabularySize, best } = this.#scratch
    if (logits.length !== vocabularySize) throw new LogitsSizeError(logits.length, vocabularySize)
    const normalizer = normalizeRow(logits)
    this.#adjust(logits)
    const id = this.#choose()
    this.#remember(id)
    const top = this.#options.topLogprobs
    return {
      id,
      logprob: logprobOf(logits[id] ?? 0, normalizer),
      top: top === 0 ? [] : bestLogprobs(logits, normalizer, { top, best }),
      isStop: this.#stopTokens.has(id),
    }
  }

  replay(tokenIds: readonly number[]): void {
    const { vocabularySize } = this.#scratch
    const wrong = tokenIds.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= vocabularySize)
    if (wrong !== undefined) throw new TokenIdOutOfRangeError(wrong, vocabularySize)
    for (const id of tokenIds) {
      this.#random.float()
      this.#remember(id)
    }
  }

  #adjust(logits: Float32Array): void {
    const adjusted = this.#scratch.logits
    adjusted.set(logits)
    applyLogitBias(adjusted, this.#options.logitBias)
    applyRepetitionPenalty(adjusted, this.#generated, this.#options.repetitionPenalty)
    applyOccurrencePenalty(adjusted, this.#generated, this.#options)
    this.#grammar?.apply(adjusted, this.#stopTokens)
  }

  #choose(): number {
    const scratch = this.#scratch
    const { temperature, topK, topP, minP } = this.#options
    if (temperature === 0) {
      const id = pickGreedy(scratch.logits)
      if (id === undefined) throw this.#nothingLeft()
      this.#random.float()
      return id
    }
    const highest = collectCandidates(scratch)
    if (scratch.count === 0) throw this.#nothingLeft()
    keepTopK(scratch, topK)
    applyTemperature(scratch, { temperature, highest })
    keepTopP(scratch, topP)
    keepMinP(scratch, minP)
    return draw(scratch, this.#random.float())
  }

  #nothingLeft(): ShardlineError {
    return this.#grammar === undefined ? new TokensAllBannedError('bias') : new GrammarStuckError()
  }

  #remember(id: number): void {
    this.#grammar?.accept(id)
    this.#generated.set(id, (this.#generated.get(id) ?? 0) + 1)
  }
}
