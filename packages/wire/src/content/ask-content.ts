import { Type } from '@sinclair/typebox'
import {
  ASK_CHOICES_MAX,
  ASK_MESSAGES_MAX,
  ASK_STOP_STRINGS_MAX,
  ASK_TEXT_CHARS_MAX,
  SAMPLING_ENTRIES_MAX,
  SESSION_TOKENS_MAX,
  TOP_LOGPROBS_MAX,
  VOCABULARY_MAX,
} from '../limits.ts'
import { counter, list, nullable, real, record, tokenId, whole } from '../messages/parts.ts'
import type { ContentCodec } from './content-schema.ts'
import { contentCodec } from './content-schema.ts'

/** A turn of a chat as a user's program gives it. */
export interface AskTurn {
  readonly role: string
  readonly content: string | null
  /** Further fields of the turn for the chat template, such as `tool_calls`, `tool_call_id` or `name`: a JSON object. */
  readonly extra: string | null
}

/** What an answer continues. */
export type AskInput =
  /** A chat, rendered by the model's own template; `tools` is the JSON of the list of tools that the template is given. */
  | { readonly kind: 'messages'; readonly messages: readonly AskTurn[]; readonly tools: string | null }
  /** A text that is continued as it is. */
  | { readonly kind: 'text'; readonly text: string }
  /** Token ids, at least one. */
  | { readonly kind: 'ids'; readonly ids: readonly number[] }

/** How tokens are chosen; null takes the driver's default. */
export interface AskSampling {
  readonly temperature: number | null
  readonly topK: number | null
  readonly topP: number | null
  readonly minP: number | null
  readonly repetitionPenalty: number | null
  readonly presencePenalty: number | null
  readonly frequencyPenalty: number | null
  readonly logitBias: readonly (readonly [number, number])[]
  /** Null: the driver draws one, and says which. */
  readonly seed: number | null
  readonly topLogprobs: number
}

/** What an answer has to be: a JSON object, or a document of a JSON schema (given as its JSON). */
export type AskGrammar =
  { readonly type: 'json-object' } | { readonly type: 'json-schema'; readonly schema: string }

/** What a user asks of a driver: the content of a sealed prompt. Only the driver ever reads it. */
export interface AskContent {
  /** The model that the user means; null takes the driver's only one. */
  readonly model: string | null
  readonly input: AskInput
  /** Tokens per choice; null: as many as fit. */
  readonly maxTokens: number | null
  readonly sampling: AskSampling
  readonly stopStrings: readonly string[]
  /** Answers to the same prompt; choice i is sampled with seed + i. */
  readonly choices: number
  readonly grammar: AskGrammar | null
}

const prose = Type.String({ maxLength: ASK_TEXT_CHARS_MAX })
const penalty = real(-1000, 1000)

/** Codec of {@link AskContent}. */
export const askContent: ContentCodec<AskContent> = contentCodec<AskContent>('ask')(
  record({
    model: nullable(Type.String({ maxLength: 256 })),
    input: Type.Union([
      record({
        kind: Type.Literal('messages'),
        messages: list(
          record({
            role: Type.String({ minLength: 1, maxLength: 64 }),
            content: nullable(prose),
            extra: nullable(prose),
          }),
          ASK_MESSAGES_MAX,
        ),
        tools: nullable(prose),
      }),
      record({ kind: Type.Literal('text'), text: prose }),
      record({ kind: Type.Literal('ids'), ids: list(tokenId, SESSION_TOKENS_MAX) }),
    ]),
    maxTokens: nullable(whole(1, SESSION_TOKENS_MAX)),
    sampling: record({
      temperature: nullable(real(0, 1000)),
      topK: nullable(whole(0, VOCABULARY_MAX)),
      topP: nullable(real(0, 1)),
      minP: nullable(real(0, 1)),
      repetitionPenalty: nullable(real(0, 1000)),
      presencePenalty: nullable(penalty),
      frequencyPenalty: nullable(penalty),
      logitBias: list(Type.Tuple([tokenId, real(-100, 100)]), SAMPLING_ENTRIES_MAX),
      seed: nullable(counter),
      topLogprobs: whole(0, TOP_LOGPROBS_MAX),
    }),
    stopStrings: list(Type.String({ minLength: 1, maxLength: 1024 }), ASK_STOP_STRINGS_MAX),
    choices: whole(1, ASK_CHOICES_MAX),
    grammar: nullable(
      Type.Union([
        record({ type: Type.Literal('json-object') }),
        record({ type: Type.Literal('json-schema'), schema: prose }),
      ]),
    ),
  }),
)
