import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Identity } from '@shardline/identity'
import { openDatabase, timeOrderedId } from '@shardline/ledger'
import type { LedgerDatabase, TransferId } from '@shardline/ledger'
import { openMarket } from '@shardline/market'
import type { RequestId } from '@shardline/market'
import { TestProcess } from '../support/child-process.ts'
import { SignedClient } from '../support/signed-client.ts'
import type { Answer } from '../support/signed-client.ts'
import { LAYERS, MODELS, crowdSettings, makeCrowd } from './crowd.ts'
import type { Crowd } from './crowd.ts'
import type { Latencies } from './latencies.ts'

const DEPOSIT = 1_000_000_000_000n

/** Two market processes on one database, and everyone who asks them. */
export interface TwoProcesses extends AsyncDisposable {
  readonly crowd: Crowd
  readonly clients: readonly [SignedClient, SignedClient]
  readonly database: LedgerDatabase
}

export const newId = (): RequestId => timeOrderedId(systemClock, systemRandom) as string as RequestId

/** Furnishes an empty database and starts both processes. */
export async function startTwo(url: string, users: number): Promise<TwoProcesses> {
  const crowd = await makeCrowd(users)
  const database = await openDatabase(url)
  await furnish(database, crowd)
  const processes = [1, 2].map(() => new TestProcess('serving-process.ts', import.meta.url, [url]))
  const dispose = async (): Promise<void> => {
    for (const process of processes) await process[Symbol.asyncDispose]()
    await database.close()
  }
  try {
    const [first, second] = await Promise.all(
      processes.map(async (process) => (await process.line('address')).split(' ')[1] ?? ''),
    )
    const clientOf = (address: string | undefined): SignedClient =>
      new SignedClient(address ?? '', crowd.market.id)
    return {
      crowd,
      clients: [clientOf(first), clientOf(second)],
      database,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (cause) {
    await dispose()
    throw cause
  }
}

async function furnish(database: LedgerDatabase, crowd: Crowd): Promise<void> {
  const components = { clock: systemClock, random: systemRandom, log: silentLog }
  await using market = await openMarket({ ...components, database }, crowdSettings(crowd))
  const operator = crowd.operator.id
  for (const model of MODELS) {
    await market.setModel(operator, { model, layerCount: LAYERS, basePrice: 1_000_000n })
  }
  await Promise.all(
    crowd.users.map(({ id: party }) =>
      market.deposit(operator, { id: newId() as string as TransferId, party, amount: DEPOSIT }),
    ),
  )
  for (const { id } of crowd.drivers) {
    await market.registerNode(id, { roles: ['driver', 'worker', 'validator'] })
    for (const model of MODELS) {
      const said = { model, tokensPerSecond: 100_000, numericClass: 'test', quantization: 'q4', workers: [] }
      await market.reportCapacity(id, said)
    }
  }
}

/** Asks for something that must succeed. */
export async function must(
  client: SignedClient,
  path: string,
  init: { readonly as: Identity; readonly body: unknown },
): Promise<NonNullable<Answer['body']>> {
  const { status, body, text } = await client.ask('POST', path, init)
  if (status !== 200 || body === undefined) throw new Error(`${path}: ${status} ${text}`)
  return body
}

/** Opens and submits one request. */
export async function submitted(
  two: Pick<TwoProcesses, 'crowd' | 'clients'>,
  nth: number,
  latencies: Latencies,
): Promise<string> {
  const { crowd, clients } = two
  const user = crowd.users[nth % crowd.users.length]
  const driver = crowd.drivers[nth % crowd.drivers.length]
  if (user === undefined || driver === undefined) throw new Error('there is nobody')
  const id = newId()
  const model = MODELS[nth % MODELS.length]
  const body = { id, model, driver: driver.id, promptTokensMax: 10, outputTokensMax: 10 }
  const [first, second] = nth % 2 === 0 ? clients : clients.toReversed()
  if (first === undefined || second === undefined) throw new Error('two clients')
  await latencies.time('open', () => must(first, '/v1/requests', { as: user, body }))
  const sealed = { sealedPrompt: Buffer.from(id).toString('base64') }
  await latencies.time('submit', () => must(second, `/v1/requests/${id}/submit`, { as: user, body: sealed }))
  return id
}
