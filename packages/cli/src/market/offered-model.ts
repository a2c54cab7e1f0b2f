import { LAYERS_MAX } from '@shardline/core'
import { InvalidArgumentError } from 'commander'

/** A model that a market offers from its start. */
export interface OfferedModel {
  readonly model: string
  readonly layerCount: number
  /** Microcredits per 1,000,000 tokens at which its price starts. @default the market's */
  readonly basePrice: bigint | undefined
}

const FORM = /^([^=]+)=(\d{1,4})(?:@(\d{1,12}))?$/

/** Parses `id=layers` or `id=layers@price`. The id and the price themselves are checked by the market. */
export function parseOffer(text: string): OfferedModel {
  const [, model = '', layers = '', price] = FORM.exec(text) ?? []
  const layerCount = Number(layers)
  const basePrice = price === undefined ? undefined : BigInt(price)
  if (model !== '' && layerCount >= 1 && layerCount <= LAYERS_MAX) return { model, layerCount, basePrice }
  throw new InvalidArgumentError(
    `Allowed is id=layers with 1 to ${LAYERS_MAX} layers, such as storyteller/q4=8, and @ with a base price in microcredits per 1,000,000 tokens behind it.`,
  )
}
