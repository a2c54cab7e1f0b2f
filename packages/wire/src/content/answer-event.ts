import { Type } from '@sinclair/typebox'
import {
  ANSWER_EVENT_TOKENS_MAX,
  ANSWER_MESSAGE_EVENTS_MAX,
  ASK_CHOICES_MAX,
  ASK_TEXT_CHARS_MAX,
  SESSION_TOKENS_MAX,
  TOP_LOGPROBS_MAX,
} from '../limits.ts'
import { layersSchema } from '../messages/common.ts'
import type { WireLayers } from '../messages/common.ts'
import {
  counter,
  duration,
  id,
  list,
  logprob,
  nullable,
  record,
  text,
  tokenId,
  whole,
} from '../messages/parts.ts'
import type { WindowEnd } from '../messages/token-window.ts'
import { hexBytes, windowEndSchema } from '../messages/token-window.ts'
import type { ContentCodec } from './content-schema.ts'
import { contentCodec } from './content-schema.ts'

/** One token of an answer. */
export interface AnswerToken {
  readonly id: number
  /** Its bytes in hex: a token may be a part of a character. */
  readonly bytes: string
  readonly logprob: number
  readonly top: readonly { readonly id: number; readonly bytes: string; readonly logprob: number }[]
}

/** One stage that took part in an answer. */
export interface AnswerStage {
  readonly role: 'driver' | 'worker' | 'validator'
  /** Readable party id. */
  readonly party: string
  readonly layers: WireLayers | null
}

/**
 * What a driver tells the user of an answer, sealed to the user. In order: `started`, then pieces and windows of the
 * choices, the choices' ends, `done`; or `failed` at any point. `restaged` comes between them when a stage was replaced.
 */
export type AnswerEvent =
  | {
      readonly type: 'started'
      readonly model: string
      readonly promptTokens: number
      /** Seed of choice 0. */
      readonly seed: number
      readonly contextLength: number
      /** Driver, workers in the order of their layers, validator. */
      readonly stages: readonly AnswerStage[]
    }
  /** A stage was lost and replaced: windows from here on may be signed by the validator named here. */
  | {
      readonly type: 'restaged'
      readonly stages: readonly AnswerStage[]
    }
  | {
      readonly type: 'piece'
      readonly choice: number
      /** May be empty while a character is incomplete. */
      readonly text: string
      readonly tokens: readonly AnswerToken[]
    }
  /** The validator's word for a run of tokens; what is signed is in docs/concepts/answers.md. */
  | {
      readonly type: 'window'
      readonly choice: number
      /** Counts the windows of a choice, from 0. */
      readonly window: number
      readonly tokenIds: readonly number[]
      readonly end: WindowEnd
      /** SHA3-256 in hex of the signed bytes of the window before; 64 zeros for the first. */
      readonly previous: string
      /** Ed25519 by the validator, in hex. */
      readonly signature: string
    }
  | {
      readonly type: 'choice-ended'
      readonly choice: number
      readonly finishReason: 'stop' | 'length' | 'aborted'
      readonly tokens: number
    }
  | {
      readonly type: 'done'
      readonly promptTokens: number
      readonly outputTokens: number
      /** Prompt tokens that were still in a cache. */
      readonly reusedTokens: number
      readonly timeToFirstTokenMs: number
      readonly durationMs: number
      readonly isFailover: boolean
    }
  | {
      readonly type: 'failed'
      readonly code: string
      readonly message: string
      readonly isRetryable: boolean
    }

const choice = whole(0, ASK_CHOICES_MAX - 1)
const tokenBytes = Type.String({ pattern: '^([0-9a-f]{2})*$', maxLength: 4096 })

const stages = list(
  record({
    role: Type.Union([Type.Literal('driver'), Type.Literal('worker'), Type.Literal('validator')]),
    party: id,
    layers: nullable(layersSchema),
  }),
  1024,
)

const answerEventSchema = Type.Union([
  record({
    type: Type.Literal('started'),
    model: text,
    promptTokens: counter,
    seed: counter,
    contextLength: counter,
    stages,
  }),
  record({ type: Type.Literal('restaged'), stages }),
  record({
    type: Type.Literal('piece'),
    choice,
    text: Type.String({ maxLength: ASK_TEXT_CHARS_MAX }),
    tokens: list(
      record({
        id: tokenId,
        bytes: tokenBytes,
        logprob,
        top: list(record({ id: tokenId, bytes: tokenBytes, logprob }), TOP_LOGPROBS_MAX),
      }),
      ANSWER_EVENT_TOKENS_MAX,
    ),
  }),
  record({
    type: Type.Literal('window'),
    choice,
    window: counter,
    tokenIds: list(tokenId, ANSWER_EVENT_TOKENS_MAX),
    end: windowEndSchema,
    previous: hexBytes(32),
    signature: hexBytes(64),
  }),
  record({
    type: Type.Literal('choice-ended'),
    choice,
    finishReason: Type.Union([Type.Literal('stop'), Type.Literal('length'), Type.Literal('aborted')]),
    tokens: whole(0, SESSION_TOKENS_MAX),
  }),
  record({
    type: Type.Literal('done'),
    promptTokens: counter,
    outputTokens: counter,
    reusedTokens: counter,
    timeToFirstTokenMs: duration,
    durationMs: duration,
    isFailover: Type.Boolean(),
  }),
  record({ type: Type.Literal('failed'), code: id, message: text, isRetryable: Type.Boolean() }),
])

/** Codec of an {@link AnswerEvent}. */
export const answerEvent: ContentCodec<AnswerEvent> =
  contentCodec<AnswerEvent>('answer event')(answerEventSchema)

/** Codec of the events of one `answer` message, in order. */
export const answerEvents: ContentCodec<readonly AnswerEvent[]> = contentCodec<readonly AnswerEvent[]>(
  'answer events',
)(list(answerEventSchema, ANSWER_MESSAGE_EVENTS_MAX))
