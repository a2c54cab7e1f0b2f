import { Type } from '@sinclair/typebox'
import {
  ASK_CHOICES_MAX,
  SAMPLING_ENTRIES_MAX,
  SCHEMA_CHARS_MAX,
  SESSION_TOKENS_MAX,
  TOP_LOGPROBS_MAX,
  VOCABULARY_MAX,
} from '../limits.ts'
import type { RequestId } from './common.ts'
import { requestIdSchema } from './common.ts'
import type { HeaderSchema } from './header-schema.ts'
import { headerSchema } from './header-schema.ts'
import {
  counter,
  id,
  list,
  nullable,
  position,
  real,
  record,
  textUpTo,
  tokenId,
  uuid,
  whole,
} from './parts.ts'
import { hexBytes } from './token-window.ts'

/** What an answer has to be: any JSON object, or a JSON value that a schema allows. The same fields as the engine's GrammarSpec. */
export type WireGrammar =
  | { readonly type: 'json-object' }
  /** `schema` is the text of a JSON Schema; the order of its properties is the order in the answer. */
  | { readonly type: 'json-schema'; readonly schema: string }

/** How the validator chooses tokens; the same fields as the engine's SamplingOptions. */
export interface WireSampling {
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly minP: number
  readonly repetitionPenalty: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  readonly logitBias: readonly (readonly [number, number])[]
  readonly seed: number
  readonly topLogprobs: number
  readonly stopTokenIds: readonly number[]
  /** What the answer has to be, or null for any text. */
  readonly grammar: WireGrammar | null
}

/** An answer's state at the last token that counts: what follows is sampled again, and comes out the same. */
export interface SessionResume {
  /** The answer's tokens so far, which the sampler takes as if it had sampled them. */
  readonly tokenIds: readonly number[]
  /** Rows that count as gone through the validator: the next one gives the next token. */
  readonly position: number
  /** Turn of the rows from `position` on (see HiddenSegment), so that rows which were rolled back are not taken for them. */
  readonly turn: number
  /** Signed windows so far, and SHA3-256 in hex of the last one's signed bytes (64 zeros if there is none). */
  readonly windows: number
  readonly previous: string
}

/** Driver to validator, before the session's first hidden rows: what to do with them. Answered by `session-opened`. */
export interface SessionOpenMessage {
  readonly kind: 'session-open'
  readonly request: RequestId
  readonly pipeline: string
  readonly session: string
  readonly sampling: WireSampling
  /**
   * For `score`: the token that follows each position, so that its log-probability can be reported.
   * Null for generation: a validator is then given no token of the prompt.
   */
  readonly score: { readonly targets: readonly number[]; readonly top: number } | null
  /** Whether to hash all logits rows of the session. */
  readonly isDigestWanted: boolean
  /** The request and the choice that the tokens are signed for, or null if they need not be signed. */
  readonly ask: { readonly id: string; readonly choice: number } | null
  /** Where an answer that another validator began goes on, or null if it begins here. */
  readonly resume: SessionResume | null
}

const penalty = real(-1000, 1000)

const sampling = record({
  temperature: real(0, 1000),
  topK: whole(0, VOCABULARY_MAX),
  topP: real(0, 1),
  minP: real(0, 1),
  repetitionPenalty: real(0, 1000),
  presencePenalty: penalty,
  frequencyPenalty: penalty,
  logitBias: list(Type.Tuple([tokenId, real(-1e9, 1e9)]), SAMPLING_ENTRIES_MAX),
  seed: counter,
  topLogprobs: whole(0, TOP_LOGPROBS_MAX),
  stopTokenIds: list(tokenId, SAMPLING_ENTRIES_MAX),
  grammar: nullable(
    Type.Union([
      record({ type: Type.Literal('json-object') }),
      record({ type: Type.Literal('json-schema'), schema: textUpTo(SCHEMA_CHARS_MAX) }),
    ]),
  ),
})

/** Schema of the header of {@link SessionOpenMessage}. */
export const sessionOpenHeader: HeaderSchema<SessionOpenMessage> = headerSchema<SessionOpenMessage>()(
  record({
    request: requestIdSchema,
    pipeline: id,
    session: id,
    sampling,
    score: nullable(record({ targets: list(tokenId, SESSION_TOKENS_MAX), top: whole(0, TOP_LOGPROBS_MAX) })),
    isDigestWanted: Type.Boolean(),
    ask: nullable(record({ id: uuid, choice: whole(0, ASK_CHOICES_MAX - 1) })),
    resume: nullable(
      record({
        tokenIds: list(tokenId, SESSION_TOKENS_MAX),
        position,
        turn: counter,
        windows: counter,
        previous: hexBytes(32),
      }),
    ),
  }),
)
