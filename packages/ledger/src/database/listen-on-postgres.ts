import pg from 'pg'
import { CONNECT_MS_MAX } from '../limits.ts'
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
  })
  let isOver = false
  const lose = (error: unknown): void => {
    if (isOver) return
    isOver = true
    onLost(error)
  }
  try {
    await client.connect()
    client.on('notification', ({ payload }) => onPayload(payload ?? ''))
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (cause) {
    isOver = true
    client.on('error', () => undefined)
    await client.end().catch(() => undefined)
    throw cause
  }
  client.on('error', lose)
  client.on('end', () => lose(undefined))
  return {
    stop: async () => {
      const wasOver = isOver
      isOver = true
      if (!wasOver) await client.end()
    },
  }
}
