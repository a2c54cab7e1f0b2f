import type { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { derivedId } from '@shardline/ledger'
import type { TransferId } from '@shardline/ledger'
import { modelId } from '@shardline/market'
import type { Market, ModelId, Participants, RequestId } from '@shardline/market'
import { DRIVERS, USERS } from './operations.ts'

/** Credits that everyone begins with: a few dozen requests at the base price. */
export const BEGIN_WITH = 200_000n
/** Microcredits per 1,000,000 tokens. */
export const BASE_PRICE = 10_000_000n
const LAYERS = 8

/** Who plays one run, under names of its own, so that runs share a database without meeting. */
export class Cast {
  readonly run: string
  readonly model: ModelId
  /** Users first, then drivers. */
  readonly parties: readonly Identity[]
  #ids = 0

  constructor(run: string, parties: readonly Identity[]) {
    this.run = run
    this.model = modelId(`model/run-${run}`)
    this.parties = parties
  }

  party(slot: number): Identity {
    const party = this.parties[slot]
    if (party === undefined) throw new Error(`there is no party ${slot}`)
    return party
  }

  driver(nth: number): Identity {
    return this.party(USERS + nth)
  }

  /** The slot of a party by its id. */
  slotOf(id: string): number {
    return this.parties.findIndex((party) => party.id === id)
  }

  newId(): RequestId {
    return derivedId(`model/${this.run}/${++this.#ids}`) as string as RequestId
  }

  /** Pipelines that a driver may form, by name: alone, or with the others. */
  pipeline(name: string, driver: number): Participants {
    const other = this.driver((driver + 1) % DRIVERS).id
    const third = this.driver((driver + 2) % DRIVERS).id
    if (name === 'alone') return { validator: this.driver(driver).id, workers: [], layerCount: LAYERS }
    return {
      validator: other,
      workers: [
        { node: other, first: 0, last: 2 },
        { node: third, first: 3, last: LAYERS - 1 },
      ],
      layerCount: LAYERS,
    }
  }
}

/** Makes the parties of a run, with a model, nodes and credits. */
export async function castRun(
  market: Market,
  {
    run,
    random,
    operator,
  }: { readonly run: string; readonly random: SeededRandom; readonly operator: Identity },
): Promise<Cast> {
  const parties: Identity[] = []
  while (parties.length < USERS + DRIVERS) parties.push(await createIdentity(random))
  const cast = new Cast(run, parties)
  await market.setModel(operator.id, { model: cast.model, layerCount: LAYERS, basePrice: BASE_PRICE })
  for (const { id: party } of parties) {
    const id = cast.newId() as string as TransferId
    await market.deposit(operator.id, { id, party, amount: BEGIN_WITH })
  }
  for (let nth = 0; nth < DRIVERS; nth++) {
    await market.registerNode(cast.driver(nth).id, { roles: ['driver', 'worker', 'validator'] })
  }
  return cast
}
