import { SeededRandom, systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { createIdentity, RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { derivedId } from '@shardline/ledger'
import type { TransferId } from '@shardline/ledger'
import { modelId } from '@shardline/market'
import type { Market, MarketSettings, ModelId, RequestId } from '@shardline/market'

/** What the user has at first. */
export const DEPOSIT = 1_000_000_000_000n
export const MODEL: ModelId = modelId('kill/model')
const LAYERS = 8
const ASKED = { prompt: 300, output: 200 }
/** Milliseconds by which the clock of a process is ahead of that of the one before: what that one left is overdue. */
const AHEAD_MS = 3_600_000

/** Who takes part: the same in every process. */
export interface LifeParties {
  readonly operator: Identity
  readonly user: Identity
  readonly driver: Identity
  readonly other: Identity
}

export async function lifeParties(): Promise<LifeParties> {
  const random = new SeededRandom(77)
  const made: Identity[] = []
  while (made.length < 4) made.push(await createIdentity(random))
  const [operator, user, driver, other] = made
  if (!operator || !user || !driver || !other) throw new Error('four identities')
  return { operator, user, driver, other }
}

/** The clock of the nth process. */
export function clockOf(process: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + process * AHEAD_MS }
}

export function lifeSettings({ operator }: LifeParties): Partial<MarketSettings> {
  return { operators: [operator.id], unprovenTokensPerSecondMax: 1_000_000, openRequestsPerUserMax: 100_000 }
}

export const lifeId = (life: number): RequestId => derivedId(`kill/life/${life}`) as string as RequestId

/** Model, nodes, capacity and credits; what is there already stays. */
export async function furnish(market: Market, { operator, user, driver, other }: LifeParties): Promise<void> {
  await market.setModel(operator.id, { model: MODEL, layerCount: LAYERS, basePrice: 1_000_000_000n })
  const deposit = derivedId('kill/deposit') as string as TransferId
  await market.deposit(operator.id, { id: deposit, party: user.id, amount: DEPOSIT })
  for (const { id } of [driver, other]) {
    await market.registerNode(id, { roles: ['driver', 'worker', 'validator'] })
  }
  const said = {
    model: MODEL,
    tokensPerSecond: 100_000,
    numericClass: 'test',
    quantization: 'q4',
    workers: [],
  }
  await market.reportCapacity(driver.id, said)
}

/** One request from its opening to its end; how it ends depends on its number. Gives its last state. */
export async function live(
  market: Market,
  { life, parties, clock }: { readonly life: number; readonly parties: LifeParties; readonly clock: Clock },
): Promise<string> {
  const { user, driver, other } = parties
  const id = lifeId(life)
  const asked = { promptTokensMax: ASKED.prompt, outputTokensMax: ASKED.output }
  await market.open(user.id, { id, model: MODEL, driver: driver.id, ...asked })
  await market.submit(user.id, { id, sealedPrompt: 'AAAA' })
  if (life % 4 === 3) return (await market.cancel(user.id, id)).state
  const work = await market.claim(driver.id, { id })
  const fence = work?.fence ?? 0
  const participants = {
    validator: other.id,
    workers: [
      { node: driver.id, first: 0, last: 3 },
      { node: other.id, first: 4, last: LAYERS - 1 },
    ],
    layerCount: LAYERS,
  }
  await market.start(driver.id, { id, fence, participants })
  const delivered = { prompt: ASKED.prompt, output: 1 + (life % ASKED.output) }
  const common = {
    request: id,
    fence,
    model: MODEL,
    numericClass: 'test',
    promptTokens: delivered.prompt,
    outputTokens: delivered.output,
    root: 'ab'.repeat(32),
  }
  const random = new SeededRandom(life)
  const sign = (
    identity: Identity,
    stage: { role: string; layers: { first: number; last: number } | null },
  ) => ({
    ...signMessage({
      identity,
      clock,
      random,
      purpose: RECEIPT_PURPOSE,
      body: { ...common, ...stage, node: identity.id },
    }),
  })
  const receipts = [
    sign(driver, { role: 'driver', layers: null }),
    sign(driver, { role: 'worker', layers: { first: 0, last: 3 } }),
    sign(other, { role: 'worker', layers: { first: 4, last: LAYERS - 1 } }),
    sign(other, { role: 'validator', layers: null }),
  ]
  await market.deliver(driver.id, { id, fence, delivered, receipts })
  return (await market.acknowledge(user.id, { id, received: delivered })).state
}
