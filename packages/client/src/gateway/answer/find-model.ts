import type { OfferedModel } from '../../answer-source.ts'
import { GatewayModelUnknownError } from '../gateway-errors.ts'
import type { GatewayContext } from '../http/app.ts'

/** What Ollama's clients add to a name without a tag. */
const LATEST = ':latest'

/** A model by its name, by an alias of it, or by its name as Ollama's clients write it. */
export async function findModel(
  { source, settings }: Pick<GatewayContext, 'source' | 'settings'>,
  given: string,
): Promise<OfferedModel> {
  const offered = await source.models()
  const untagged = given.endsWith(LATEST) ? given.slice(0, -LATEST.length) : given
  for (const name of [given, untagged]) {
    const target = Object.hasOwn(settings.modelAliases, name) ? settings.modelAliases[name] : name
    const found = offered.find(({ model }) => model === target)
    if (found !== undefined) return found
  }
  throw new GatewayModelUnknownError(
    given,
    offered.map(({ model }) => model),
  )
}

/** What OpenAI calls the fingerprint of the system: with the same one, the same seed gives the same text. */
export function fingerprintOf({ digest }: OfferedModel): string {
  return `fp_${digest.replace(/^[a-z0-9]+:/, '').slice(0, 16)}`
}
