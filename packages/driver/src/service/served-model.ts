import type { ChatTemplate, Tokenizer } from '@shardline/model'
import type { Pipeline } from '../driver-types.ts'

/** The pipeline that another takes the place of. */
export type PreviousPipeline = Pick<Pipeline, 'id' | 'epoch' | 'stages'>

/** A model that a service answers with: what turns text into tokens, and a way to a pipeline. */
export interface ServedModel {
  /** Name that users ask for. */
  readonly name: string
  /** Its id at the market, such as `storyteller/q4`. @default the name */
  readonly marketModel?: string | undefined
  /** Digest of the checkpoint. */
  readonly digest: string
  /** Longest session in tokens. */
  readonly contextLength: number
  readonly layerCount: number
  readonly vocabularySize: number
  /** Tokens that end an answer. */
  readonly stopTokenIds: readonly number[]
  /** Sampling where the user leaves it to the driver. */
  readonly suggested: { readonly temperature?: number | undefined; readonly topP?: number | undefined }
  /** Undefined if it has none: then ids go in, and tokens come out without text. */
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: ChatTemplate | undefined
  /**
   * Forms a pipeline; called again with the one before when that broke. The service disposes of what it returns.
   *
   * @throws what formPipeline throws.
   */
  form(previous: PreviousPipeline | undefined, signal: AbortSignal): Promise<Pipeline>
}

/** What a market calls a model. */
export function marketModelOf({ name, marketModel }: Pick<ServedModel, 'name' | 'marketModel'>): string {
  return marketModel ?? name
}
