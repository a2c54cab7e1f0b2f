import type { Epoch, LayerRange, PipelineId, ShardlineError } from '@shardline/core'
import type { SamplingOptions } from '@shardline/engine'
import type { PartyId } from '@shardline/identity'
import type { WireWindow } from '@shardline/wire'
import type { PipelinePrediction } from './speed-prediction.ts'
import type { PipelineParticipants, PipelineReceipts, ReceiptsRequest } from './proof/pipeline-receipts.ts'

/** What one stage of a formed pipeline is and did. */
export interface StageReport {
  /** Node id. */
  readonly node: string
  readonly role: 'driver' | 'worker' | 'validator'
  /** Undefined for driver and validator. */
  readonly layers: LayerRange | undefined
  /** Address of the process. */
  readonly address: string
  /** Who it proved to be; undefined where nothing is proved, and for the driver itself. */
  readonly party?: PartyId | undefined
  readonly packedBytes: number
  readonly loadMs: number
  readonly numericClass: string
  /** Compute of this answer in milliseconds, and rows that it ran on. */
  readonly computeMs: number
  readonly rows: number
  /** Median of one decode row's compute; undefined before the first. */
  readonly decodeComputeMs: number | undefined
  /**
   * Median over decode steps, undefined before the first. Of a stage: time from frame in to frame out less compute.
   * Of the driver: (time from frame out to token in, less the stages' queues and compute) / links crossed.
   */
  readonly hopMs: number | undefined
}

/** Why an answer ended. */
export type FinishReason = 'stop' | 'length' | 'aborted'

/** A request for one answer. */
export interface GenerateRequest {
  /** The whole context, rendered and tokenized; at least one token. A conversation reuses what it shares with its cache. */
  readonly promptTokenIds: readonly number[]
  /** Tokens to generate at the most. */
  readonly maxTokens: number
  readonly sampling: SamplingOptions
  /** Texts that end the answer; they are not part of it. */
  readonly stopStrings: readonly string[]
  /** Whether to hash all logits rows. */
  readonly isDigestWanted: boolean
  readonly signal: AbortSignal | undefined
  /** The request and the choice that the validator signs the tokens for. Not in a conversation. @default not signed */
  readonly ask?: { readonly id: string; readonly choice: number } | undefined
  /** Whether the stages keep hashes of the answer's rows, for {@link Pipeline.receipts}. Not in a conversation. @default false */
  readonly isProven?: boolean | undefined
  /**
   * Whom its computing counts for: sessions of one share together get no more rows in a frame than a less busy share's,
   * while there are such. Not in a conversation. @default the share of all that name none
   */
  readonly share?: string | undefined
}

/** The validator's signature over the tokens of an answer since the window before. */
export interface SignedWindow extends WireWindow {
  readonly tokenIds: readonly number[]
}

/** A piece of an answer as it arrives; `text` may be empty while a character is incomplete. */
export interface AnswerChunk {
  readonly text: string
  /** Undefined in a chunk that only flushes text, or only carries a window. */
  readonly token:
    | { readonly id: number; readonly logprob: number; readonly top: readonly (readonly [number, number])[] }
    | undefined
  /** Covers the tokens up to this one that no window before covered; only if the request's tokens are signed. */
  readonly window?: SignedWindow | undefined
  /** The stages from here on: one was lost and replaced. Comes before the first token or window that they made. */
  readonly restaged?: readonly StageReport[] | undefined
}

/** How fast an answer was. */
export interface AnswerTimings {
  readonly timeToFirstTokenMs: number
  readonly prefillTokens: number
  readonly prefillTokensPerSecond: number
  /** Over the tokens after the first. */
  readonly decodeTokensPerSecond: number
  /** Round trips of decode steps in milliseconds, in order. */
  readonly stepMs: readonly number[]
  /** From each token to the next, in milliseconds: the driver's own time beside the step. */
  readonly tokenMs: readonly number[]
}

/** A finished answer. */
export interface AnswerResult {
  readonly text: string
  readonly promptTokenIds: readonly number[]
  /** Without the stop token; with the tokens of a stop string, which is not in the text. */
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  readonly finishReason: FinishReason
  /** SHA-256 (hex) over all logits rows, if it was asked for; none in a conversation, whose session goes on. */
  readonly digest: string | undefined
  /** The session that made it, for {@link Pipeline.receipts}; undefined unless it is proven. */
  readonly session?: string | undefined
  /** Tokens of the context that were still in the cache. */
  readonly reusedTokens: number
  readonly timings: AnswerTimings
  readonly stages: readonly StageReport[]
}

/** An answer on its way: iterate for the pieces, await `result` for the whole. Leaving the loop early aborts it. */
export interface Answer extends AsyncIterable<AnswerChunk> {
  /** The session that makes it, by its name now, for {@link Pipeline.receipts}; undefined before it has one, and unless it is proven. */
  readonly session: string | undefined
  /** @throws the failure that ended the answer. */
  readonly result: Promise<AnswerResult>
}

/** A request for the log-probabilities of a given text. */
export interface ScoreRequest {
  /** At least two tokens. */
  readonly tokenIds: readonly number[]
  /** Best alternatives to report per position. */
  readonly top: number
  readonly isDigestWanted: boolean
  readonly signal: AbortSignal | undefined
}

/** Log-probabilities of a text. */
export interface ScoreResult {
  readonly tokenIds: readonly number[]
  /** Of token i + 1 given tokens 0..i: one less than tokens. */
  readonly logprobs: readonly number[]
  /** After each position, the best next ids and their log-probabilities; as many as tokens. */
  readonly topIds: readonly (readonly number[])[]
  readonly topLogprobs: readonly (readonly number[])[]
  /** Mean negative log-likelihood of `logprobs`, in nats. */
  readonly meanNll: number
  readonly digest: string | undefined
  readonly stages: readonly StageReport[]
}

/** A chat whose KV cache stays in the stages between its turns. One answer at a time; closing it aborts the one that runs. */
export interface Conversation extends AsyncDisposable {
  /** Answers to the whole context; what it shares with the cache from the start is not run again. */
  generate(request: GenerateRequest): Answer
}

/** How often a pipeline lost a stage and went on. */
export interface RepairCounters {
  /** Repairs that succeeded. */
  readonly repairs: number
  /** Repairs that failed: the pipeline broke then, so at most one. */
  readonly failures: number
  /** Stages that were replaced. */
  readonly replacedStages: number
  /** Sessions that had to begin anew, from the driver's own tokens. */
  readonly restartedSessions: number
  /** Rows that the driver sent again. */
  readonly replayedRows: number
  /** From the loss to the new formation, of the latest repair in milliseconds; undefined before the first. */
  readonly lastRepairMs: number | undefined
}

/** A node that may take the place of a lost stage. */
export interface SpareAddress {
  readonly role: 'worker' | 'validator'
  /** With the key that it must prove, if it is known. */
  readonly address: string
}

/** A node that waits to take the place of a lost stage. */
export interface SpareReport {
  readonly role: 'worker' | 'validator'
  /** Node id, once it has said it. */
  readonly node: string | undefined
  readonly address: string
  /** Who it proved to be; undefined where nothing is proved. */
  readonly party: PartyId | undefined
  /** Layers that it holds already, undefined for the head. None: it has to load when it is needed. */
  readonly hot: readonly (LayerRange | undefined)[]
}

/** A formed pipeline as its user sees it. Many answers may run at the same time. */
export interface Pipeline extends AsyncDisposable {
  readonly id: PipelineId
  /** Rises with each repair. */
  readonly epoch: Epoch
  /** What was repaired so far. */
  readonly repairs: RepairCounters
  /** Why the pipeline broke; undefined while it works. A broken one is left and formed anew. */
  readonly failure: ShardlineError | undefined
  /** Aborts when the pipeline is over: it broke or was closed. */
  readonly over: AbortSignal
  /** Driver, workers in order of their layers, validator, as they are now; sums over all answers so far. */
  readonly stages: readonly StageReport[]
  /** How fast it was foretold to be when it was formed; undefined where nothing was foretold. */
  readonly prediction?: PipelinePrediction | undefined
  /** Median of the latest decode steps in milliseconds, over all answers; undefined before the first. */
  readonly stepMs?: number | undefined
  /** Who waits to take a lost stage's place, now. @default nobody */
  readonly spares?: readonly SpareReport[]
  /**
   * Makes a node one that waits to take a lost stage's place: now, or as soon as it can be reached. One that is there
   * already stays so.
   *
   * @default no node can come later
   */
  enroll?(spare: SpareAddress): void
  /** A node that waits, or was a stage, has left: it is not dialed again before it is enrolled again. @default nobody is dialed */
  dismiss?(address: string): void
  /**
   * Opens a conversation of at most `capacity` tokens; waits for a place if all are taken.
   *
   * @throws RequestInvalidError, DriverBusyError, PipelineClosedError.
   */
  converse(options: { readonly capacity: number }): Promise<Conversation>
  /** One answer in a session of its own. Every failure, also of the request itself, surfaces in the answer. */
  generate(request: GenerateRequest): Answer
  /** @throws RequestInvalidError, PromptTooLongError, DriverBusyError, AbortedError, and what breaks a pipeline. */
  score(request: ScoreRequest): Promise<ScoreResult>
  /**
   * Who takes part now.
   *
   * @throws ReceiptInvalidError if a stage's link proves nobody: then nobody can be paid.
   */
  participants(): PipelineParticipants
  /**
   * Receipts of all stages for a finished answer, checked against each other; waits until its sessions are closed everywhere.
   * The same answer can be asked for again, under the same terms.
   *
   * @throws ReceiptMismatchError if two stages say different things about the rows between them, ReceiptInvalidError if a
   * stage's receipt isn't one for this answer, StageFailedError if a stage refuses, EvidenceMissingError if the driver keeps
   * nothing of a session; StageSilentError, StageLostError, PipelineClosedError, AbortedError.
   */
  receipts(request: ReceiptsRequest): Promise<PipelineReceipts>
}
