import type { ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import type { GrammarLimits, Head, TokenTable } from '@shardline/engine'
import { SamplerScratch } from '@shardline/engine'
import type { Identity } from '@shardline/identity'
import { digestRun, EvidenceBook, SessionsFullError, tokenRows } from '@shardline/node'
import type {
  LoopPipeline,
  OutgoingFrame,
  RowBytes,
  RunResult,
  StageWork,
  WorkBatch,
  WorkPart,
  WorkSession,
} from '@shardline/node'
import type {
  Message,
  SessionClosedMessage,
  SessionOpenMessage,
  TokensMessage,
  WireToken,
} from '@shardline/wire'
import { AnswerState } from './answer-state.ts'
import type { AnswerComponents, GrowingScores } from './answer-state.ts'
import { SessionNotOpenedError, SignerMissingError } from './errors.ts'
import { GrammarSource } from './grammar-source.ts'
import { ModelTokens } from './model-tokens.ts'
import { TokenSigner } from './token-signer.ts'
import { gatherUsed, usedRows } from './used-rows.ts'
import type { UsedRow } from './used-rows.ts'

/** Sessions that a driver may have opened, as a multiple of those it planned: some are closing while others begin. */
const ANSWERS_PER_SESSION = 2

/** What came of one run. */
interface RunOutcome {
  readonly tokens: Map<WorkSession, WireToken>
  readonly scores: Map<WorkSession, GrowingScores>
  readonly failures: Map<WorkSession, ShardlineError>
}

/** Options of a {@link HeadWork}. */
export interface HeadWorkInit {
  /** Bytes of logits that are held at a time. */
  readonly logitsBytesMax: number
  readonly grammarLimits: GrammarLimits
  /** Reads the bytes of the model's tokens, when the first answer has a grammar or is signed. */
  readonly loadTokens: () => Promise<Pick<TokenTable, 'tokenBytes'>>
  /** Who signs tokens; undefined signs none. */
  readonly signer: Pick<Identity, 'sign'> | undefined
  /** What is signed with them. */
  readonly modelDigest: string
  /** Tokens that one signature covers. */
  readonly windowTokens: number
  /** Closed sessions of one pipeline whose hashes are kept for receipts. */
  readonly evidenceSessionsMax: number
}

/** The validator's work: norm and head for the rows that are used, then a token or scores for each. */
export class HeadWork implements StageWork {
  readonly hiddenSize: number
  readonly evidence: EvidenceBook
  readonly #head: Head
  readonly #scratch: SamplerScratch
  readonly #grammars: GrammarSource
  readonly #tokens: ModelTokens
  readonly #init: HeadWorkInit
  readonly #rowsPerCallMax: number
  /** By pipeline, then by session. */
  readonly #answers = new Map<string, Map<string, AnswerState>>()

  constructor(head: Head, init: HeadWorkInit) {
    this.#head = head
    this.hiddenSize = head.hiddenSize
    this.#scratch = new SamplerScratch(head.vocabularySize)
    this.#init = init
    this.evidence = new EvidenceBook({ sessionsMax: init.evidenceSessionsMax })
    this.#tokens = new ModelTokens(init.loadTokens)
    this.#grammars = new GrammarSource({
      vocabularySize: head.vocabularySize,
      loadTokens: () => this.#tokens.get(),
      limits: init.grammarLimits,
    })
    const rowBytes = head.vocabularySize * Float32Array.BYTES_PER_ELEMENT
    this.#rowsPerCallMax = Math.max(1, Math.floor(init.logitsBytesMax / rowBytes))
  }

  /**
   * Starts an answer. A session that is known already keeps its place and gets a new sampler and a new hash:
   * that is the next turn of a chat. With a `resume` the answer goes on where another
   * validator came to. The driver sends it when no row of the session that is sampled or scored is on its way.
   *
   * @returns undefined, or for an answer with a grammar or signed tokens a promise that resolves when it has begun.
   * @throws SessionsFullError; SignerMissingError; the named error of a sampling option, target or grammar that the model
   * doesn't allow.
   */
  startAnswer(
    message: SessionOpenMessage,
    pipeline: Pick<LoopPipeline, 'sessionsMax'>,
  ): Promise<void> | undefined {
    const answers = this.#answers.get(message.pipeline) ?? new Map<string, AnswerState>()
    const answersMax = pipeline.sessionsMax * ANSWERS_PER_SESSION
    if (!answers.has(message.session) && answers.size >= answersMax) {
      throw new SessionsFullError('this pipeline', pipeline.sessionsMax)
    }
    this.#answers.set(message.pipeline, answers)
    const begin = (more: Pick<AnswerComponents, 'grammar' | 'signer'>): void => {
      answers.set(message.session, new AnswerState(message, { scratch: this.#scratch, ...more }))
    }
    const { ask, sampling } = message
    if (sampling.grammar !== null || ask !== null) return this.#prepare(message).then(begin)
    begin({ grammar: undefined, signer: undefined })
    return undefined
  }

  async #prepare({
    ask,
    sampling,
    resume,
  }: SessionOpenMessage): Promise<Pick<AnswerComponents, 'grammar' | 'signer'>> {
    const { signer, modelDigest, windowTokens } = this.#init
    if (ask !== null && signer === undefined) throw new SignerMissingError()
    const grammar = sampling.grammar === null ? undefined : await this.#grammars.compile(sampling.grammar)
    if (ask === null || signer === undefined) return { grammar, signer: undefined }
    const tokens = await this.#tokens.getIfAny()
    const init = { ask: ask.id, choice: ask.choice, modelDigest, windowTokens, resume: resume ?? undefined }
    return { grammar, signer: new TokenSigner({ signer, tokens }, init) }
  }

  /** Forgets all answers of a pipeline. */
  forget(pipeline: string): void {
    this.#answers.delete(pipeline)
  }

  open(session: WorkSession, _capacity: number, isProven: boolean): void {
    if (this.#find(session) === undefined) throw new SessionNotOpenedError(session.id)
    if (isProven) this.evidence.open(session)
  }

  async run(batch: WorkBatch): Promise<RunResult> {
    const outcome: RunOutcome = { tokens: new Map(), scores: new Map(), failures: new Map() }
    const used = usedRows(batch.parts)
    for (let first = 0; first < used.length; first += this.#rowsPerCallMax) {
      const slab = used.slice(first, first + this.#rowsPerCallMax)
      try {
        const logits = await this.#head.logits(gatherUsed(batch, slab, this.hiddenSize), slab.length)
        this.#useSlab(slab, logits, outcome)
      } catch (cause) {
        // Until a row was used nothing has changed; from then on the rest fails by name.
        if (first === 0) throw cause
        for (const { part } of used.slice(first)) outcome.failures.set(part.session, fromUnknown(cause))
        break
      }
    }
    const { evidence, hiddenSize } = this
    const given = ({ session, rows }: WorkPart): RowBytes =>
      tokenRows((row) => (row === rows - 1 ? outcome.tokens.get(session)?.id : undefined))
    digestRun(evidence, { batch, hiddenSize, given })
    const failures = [...outcome.failures].map(([session, error]) => ({ session, error }))
    return { failures, compose: (frame) => [tokensOf(frame, outcome), ...this.#closedOf(frame)] }
  }

  readonly composeControl = (frame: OutgoingFrame): readonly Message[] => this.#closedOf(frame)

  close(session: WorkSession): void {
    this.#answers.get(session.pipeline)?.delete(session.id)
    this.evidence.close(session)
  }

  #find(session: Pick<WorkSession, 'pipeline' | 'id'>): AnswerState | undefined {
    return this.#answers.get(session.pipeline)?.get(session.id)
  }

  #useSlab(slab: readonly UsedRow[], logits: Float32Array, outcome: RunOutcome): void {
    const { vocabularySize } = this.#head
    for (const [index, { part }] of slab.entries()) {
      if (outcome.failures.has(part.session)) continue
      try {
        this.#useRow(part, logits.subarray(index * vocabularySize, (index + 1) * vocabularySize), outcome)
      } catch (cause) {
        outcome.failures.set(part.session, fromUnknown(cause))
      }
    }
  }

  #useRow(part: WorkPart, logits: Float32Array, outcome: RunOutcome): void {
    const { session } = part
    const answer = this.#find(session)
    if (answer === undefined) throw new SessionNotOpenedError(session.id)
    if (answer.hasCounted(part)) return
    if (part.use === 'sample') {
      outcome.tokens.set(session, answer.sample(part, logits))
      return
    }
    const scores = outcome.scores.get(session) ?? answer.startScores(part)
    answer.score(scores, logits)
    outcome.scores.set(session, scores)
  }

  #closedOf(frame: OutgoingFrame): readonly SessionClosedMessage[] {
    const { pipeline } = frame
    return frame.close.map((id) => {
      const answer = this.#find({ pipeline, id })
      this.#answers.get(pipeline)?.delete(id)
      return {
        kind: 'session-closed',
        pipeline,
        session: id,
        digest: answer?.digest() ?? null,
        rows: answer?.rows ?? 0,
        window: answer?.lastWindow() ?? null,
      }
    })
  }
}

/** One message for all sessions of a run; also for rows that aren't used, because it shows the driver that they came through. */
function tokensOf(frame: OutgoingFrame, outcome: RunOutcome): TokensMessage {
  const { pipeline, epoch, parts, trace } = frame
  const tokens = parts.flatMap(({ session }) => outcome.tokens.get(session) ?? [])
  const scores = parts.flatMap(({ session }) =>
    outcome.failures.has(session) ? [] : (outcome.scores.get(session) ?? []),
  )
  return { kind: 'tokens', pipeline, epoch, tokens, scores, trace }
}
