import { LAYERS_MAX } from '@shardline/core'
import { InvalidArgumentError } from 'commander'

/** A model that a market offers from its start. */
export interface OfferedModel {
  readonly model: string
  readonly layerCount: number
}

const FORM = /^([^=]+)=(\d{1,4})$/

/** Parses `id=layers`. The id itself is checked by the market. */
export function parseOffer(text: string): OfferedModel {
  const [, model = '', layers = ''] = FORM.exec(text) ?? []
  const layerCount = Number(layers)
  if (model !== '' && layerCount >= 1 && layerCount <= LAYERS_MAX) return { model, layerCount }
  throw new InvalidArgumentError(
    `Allowed is id=layers with 1 to ${LAYERS_MAX} layers, such as storyteller/q4=8.`,
  )
}
