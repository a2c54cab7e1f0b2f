import { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { modelId } from '@shardline/market'
import type { MarketSettings, ModelId } from '@shardline/market'

/** Models that the crowd asks for: their rows are what processes contend for. */
export const MODELS: readonly ModelId[] = ['one', 'two', 'three', 'four'].map((name) =>
  modelId(`crowd/${name}`),
)
export const LAYERS = 8
export const DRIVERS = 8

/** Everyone, made from one seed: the same in every process. */
export interface Crowd {
  readonly market: Identity
  readonly operator: Identity
  readonly drivers: readonly Identity[]
  readonly users: readonly Identity[]
}

export async function makeCrowd(users: number): Promise<Crowd> {
  const random = new SeededRandom(3)
  const make = async (count: number): Promise<readonly Identity[]> => {
    const made: Identity[] = []
    while (made.length < count) made.push(await createIdentity(random))
    return made
  }
  const [market, operator] = await make(2)
  if (market === undefined || operator === undefined) throw new Error('two identities')
  return { market, operator, drivers: await make(DRIVERS), users: await make(users) }
}

/** Time is not what is looked at: nothing lapses meanwhile. */
export function crowdSettings({ operator }: Pick<Crowd, 'operator'>): Partial<MarketSettings> {
  const HOUR_MS = 3_600_000
  return {
    operators: [operator.id],
    quotedMsMax: HOUR_MS,
    claimLeaseMs: HOUR_MS,
    capacityMsMax: HOUR_MS,
    requestMsDefault: HOUR_MS,
    unprovenTokensPerSecondMax: 1_000_000,
  }
}
