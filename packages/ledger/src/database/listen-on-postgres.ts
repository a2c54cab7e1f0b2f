import pg from 'pg'
import { DatabaseUnavailableError } from '../errors.ts'
import { CONNECT_MS_MAX, LISTEN_PROBE_MS } from '../limits.ts'
import type { ListenInit, Listening } from './ledger-pool.ts'

/** Where {@link listenOnPostgres} connects to. */
export interface PostgresAddress {
  readonly url: string
  readonly connectMsMax?: number
}

/** Hears a channel on a connection of its own: one from the pool would be taken from those who write. */
export async function listenOnPostgres(
  { url, connectMsMax }: PostgresAddress,
  { channel, onPayload, onLost }: ListenInit,
): Promise<Listening> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMsMax ?? CONNECT_MS_MAX,
    application_name: 'shardline-listen',
    keepAlive: true,
    keepAliveInitialDelayMillis: LISTEN_PROBE_MS,
  })
  let stage: 'starting' | 'listening' | 'over' = 'starting'
  const lose = (cause: unknown): void => {
    if (stage !== 'listening') return
    stage = 'over'
    onLost(new DatabaseUnavailableError(cause))
  }
  // From the first moment on: an error that nobody listens for would end the process.
  client.on('error', lose)
  client.on('end', () => lose(new Error('the server ended the connection')))
  client.on('notification', ({ payload }) => onPayload(payload ?? ''))
  try {
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw cause
  }
  stage = 'listening'
  return {
    stop: async () => {
      const isConnected = stage === 'listening'
      stage = 'over'
      if (isConnected) await client.end()
    },
  }
}
