import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createSampler, logSoftmaxRow, resolveSampling, TokenIdOutOfRangeError } from '@shardline/engine'
import type { CompiledGrammar, Sampler, SamplerScratch } from '@shardline/engine'
import type { WorkPart } from '@shardline/node'
import type { SessionOpenMessage, WireToken, WireWindow } from '@shardline/wire'
import { ScoreNotAskedError } from './errors.ts'
import type { TokenSigner } from './token-signer.ts'

/** Scores of one part while its rows come in. */
export interface GrowingScores {
  readonly session: string
  readonly position: number
  readonly logprobs: number[]
  readonly topIds: (readonly number[])[]
  readonly topLogprobs: (readonly number[])[]
}

/** What the answers of one head share. */
export interface AnswerComponents {
  readonly scratch: SamplerScratch
  /** What the message's grammar was compiled to; undefined if it has none. */
  readonly grammar: CompiledGrammar | undefined
  /** Signs its tokens; undefined if they need not be signed. */
  readonly signer: TokenSigner | undefined
}

/**
 * What the validator keeps of one session: how its answer is sampled or scored, and a hash over the logits that were used.
 * An answer that another validator began goes on from the tokens that count.
 */
export class AnswerState {
  readonly #session: string
  readonly #sampler: Sampler
  readonly #signer: TokenSigner | undefined
  readonly #score: SessionOpenMessage['score']
  readonly #hash: Hash | undefined
  readonly #start: number
  #rows = 0

  /** @throws the named error of a sampling option or target that the model doesn't allow. */
  constructor(message: SessionOpenMessage, { scratch, grammar, signer }: AnswerComponents) {
    const { vocabularySize } = scratch
    const options = resolveSampling(message.sampling, { vocabularySize })
    const wrong = message.score?.targets.find((id) => id >= vocabularySize)
    if (wrong !== undefined) throw new TokenIdOutOfRangeError(wrong, vocabularySize)
    this.#session = message.session
    this.#signer = signer
    this.#sampler = createSampler(options, vocabularySize, { scratch, grammar })
    this.#score = message.score
    this.#start = message.resume?.position ?? 0
    // A hash can't go on where another one stopped.
    this.#hash = message.isDigestWanted && this.#start === 0 ? createHash('sha256') : undefined
    if (message.resume !== null) this.#sampler.replay(message.resume.tokenIds)
  }

  /** Logits rows that were used. */
  get rows(): number {
    return this.#rows
  }

  /** SHA-256 (hex) over all logits rows used so far, or null if it wasn't asked for, or another validator used the first ones. */
  digest(): string | null {
    return this.#hash?.copy().digest('hex') ?? null
  }

  /** Whether what comes of these rows counts already, because another validator had them. */
  hasCounted({ position, rows }: Pick<WorkPart, 'position' | 'rows'>): boolean {
    return position + rows <= this.#start
  }

  /** Chooses the token after the last row of `part`. @throws what the sampler throws. */
  sample(part: WorkPart, logits: Float32Array): WireToken {
    this.#use(logits)
    const sampled = this.#sampler.next(logits)
    const window = this.#signer?.take(sampled) ?? null
    return { session: this.#session, position: part.position + part.rows, ...sampled, window }
  }

  /** The signature over what was not signed yet, because the driver ends the answer; null if there is nothing to sign. */
  lastWindow(): WireWindow | null {
    return this.#signer?.close() ?? null
  }

  /** Empty scores of a part. @throws ScoreNotAskedError. */
  startScores(part: WorkPart): GrowingScores {
    if (this.#score === null) throw new ScoreNotAskedError(this.#session)
    return { session: this.#session, position: part.position, logprobs: [], topIds: [], topLogprobs: [] }
  }

  /** Adds the scores of the row that follows those in `scores`. @throws what logSoftmaxRow throws. */
  score(scores: GrowingScores, logits: Float32Array): void {
    if (this.#score === null) throw new ScoreNotAskedError(this.#session)
    const target = this.#score.targets[scores.position + scores.topIds.length]
    this.#use(logits)
    const { logprobs, top } = logSoftmaxRow(logits, target === undefined ? [] : [target], this.#score.top)
    scores.logprobs.push(...logprobs)
    scores.topIds.push(top.map(([id]) => id))
    scores.topLogprobs.push(top.map(([, logprob]) => logprob))
  }

  #use(logits: Float32Array): void {
    this.#rows += 1
    this.#hash?.update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
  }
}
