import { silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Log } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { timeOrderedId } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import { SqlNonceMemory, modelId, openMarket, serveMarket } from '@shardline/market'
import type { Market, MarketServer, ModelId, RequestId, ServeMarketOptions } from '@shardline/market'
import { sql } from 'kysely'
import { SignedClient } from './signed-client.ts'
import type { Answer, AskInit } from './signed-client.ts'

/** A market on a database, served, with everyone who takes part. */
export interface RealServer extends AsyncDisposable {
  readonly market: Market
  readonly server: MarketServer
  /** The market's own. */
  readonly identity: Identity
  readonly client: SignedClient
  readonly model: ModelId
  readonly operator: Identity
  readonly user: Identity
  readonly driver: Identity
  readonly stranger: Identity
  /** Asks for something that must succeed. */
  readonly must: (method: string, path: string, init?: AskInit) => Promise<Readonly<Record<string, unknown>>>
  /** Opens and submits a request of the user for the driver. */
  submitted(): Promise<RequestId>
}

/** Attacks come fast, and sweeps would change what is looked at. */
const CALM: ServeMarketOptions = {
  addressRequestsPerSecondMax: 1_000_000,
  partyRequestsPerSecondMax: 1_000_000,
  sweepIntervalMs: 1_000_000_000,
}

export const newId = (): RequestId => timeOrderedId(systemClock, systemRandom) as string as RequestId

export async function serveReal(
  database: LedgerDatabase,
  options: ServeMarketOptions = {},
  log: Log = silentLog,
): Promise<RealServer> {
  const [identity, operator, user, driver, stranger] = await Promise.all(
    Array.from({ length: 5 }, () => createIdentity(systemRandom)),
  )
  if (!identity || !operator || !user || !driver || !stranger) throw new Error('five identities')
  const components = { database, clock: systemClock, random: systemRandom, log }
  const signer = {
    name: 'test.market',
    publicKey: identity.publicKey,
    sign: async (message: Uint8Array): Promise<Uint8Array> => identity.sign(message),
  }
  const market = await openMarket(
    { ...components, signer },
    { operators: [operator.id], quotedMsMax: 600_000, claimLeaseMs: 600_000, capacityMsMax: 600_000 },
  )
  const nonces = new SqlNonceMemory({ database, clock: systemClock })
  const server = await serveMarket({ ...components, market, identity, nonces }, { ...CALM, ...options })
  const client = new SignedClient(server.address, identity.id)
  const model = modelId('storyteller/q4')
  const must = async (
    method: string,
    path: string,
    init: AskInit = {},
  ): Promise<NonNullable<Answer['body']>> => {
    const { status, body, text } = await client.ask(method, path, init)
    if (status !== 200 || body === undefined) throw new Error(`${method} ${path}: ${status} ${text}`)
    return body
  }
  const submitted = async (): Promise<RequestId> => {
    const id = newId()
    const asked = { id, model, driver: driver.id, promptTokensMax: 10, outputTokensMax: 10 }
    await must('POST', '/v1/requests', { as: user, body: asked })
    await must('POST', `/v1/requests/${id}/submit`, { as: user, body: { sealedPrompt: 'AAAA' } })
    return id
  }
  await must('PUT', '/v1/models', { as: operator, body: { model, layerCount: 8, basePrice: '100000000' } })
  await must('POST', '/v1/deposits', {
    as: operator,
    body: { id: newId(), party: user.id, amount: '100000000000' },
  })
  await must('PUT', '/v1/nodes/self', { as: driver, body: { roles: ['driver', 'worker', 'validator'] } })
  await must('PUT', '/v1/capacities/self', {
    as: driver,
    body: { model, tokensPerSecond: 20, numericClass: 'x86-avx2', quantization: 'q4', workers: [] },
  })
  return {
    market,
    server,
    identity,
    client,
    model,
    operator,
    user,
    driver,
    stranger,
    must,
    submitted,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await market.close()
    },
  }
}

/** One hash over every row of every table of market and ledger, but for the nonces that were seen. */
export async function digestOf(database: LedgerDatabase): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('market', 'ledger') and table_type = 'BASE TABLE' and table_name <> 'nonces'
    order by 1`.execute(database.kysely)
  const digests: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ digest: string }>`
      select count(*) || ':' || md5(coalesce(string_agg(row::text, E'\\n' order by row::text), '')) as digest
      from ${sql.table(name)} as row`.execute(database.kysely)
    digests[name] = rows[0]?.digest ?? ''
  }
  return digests
}
