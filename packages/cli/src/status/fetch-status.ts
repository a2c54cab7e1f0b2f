import { fromUnknown, ShardlineError } from '@shardline/core'
import { STATUS_BYTES_MAX, STATUS_FETCH_MS_MAX } from '../limits.ts'
import type { StatusDocument } from './status-document.ts'
import { StatusUnreachableError, StatusUnreadableError } from './status-errors.ts'
import { isStatusDocument } from './status-schema.ts'

/** A status, and where it is from. */
export interface FetchedStatus {
  readonly address: string
  /** Undefined if there is none now. */
  readonly status: StatusDocument | undefined
  /** Why there is none. */
  readonly failure: ShardlineError | undefined
}

/** Reads a status of everyone at the same time. Never rejects. */
export function fetchStatuses(
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<readonly FetchedStatus[]> {
  return Promise.all(
    addresses.map(async (address) => {
      try {
        return { address, status: await fetchStatus(address, signal), failure: undefined }
      } catch (cause) {
        return { address, status: undefined, failure: fromUnknown(cause) }
      }
    }),
  )
}

/**
 * Reads the status at an address, `http://host:port`.
 *
 * @throws StatusUnreachableError, StatusUnreadableError.
 */
export async function fetchStatus(address: string, signal: AbortSignal): Promise<StatusDocument> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(STATUS_FETCH_MS_MAX)])
  let text: string
  try {
    const response = await fetch(`${address}/v1/status`, { signal: until, redirect: 'error' })
    text = await readBounded(response, address)
    if (!response.ok) throw new StatusUnreadableError(address, `it answers with HTTP ${response.status}`)
  } catch (cause) {
    if (cause instanceof ShardlineError) throw cause
    throw new StatusUnreachableError(address, cause)
  }
  const value = parse(text)
  if (isStatusDocument(value)) return value
  throw new StatusUnreadableError(address, 'it is not of version 1, or of another shape')
}

async function readBounded({ body }: Response, address: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > STATUS_BYTES_MAX) {
      throw new StatusUnreadableError(address, `it is longer than ${STATUS_BYTES_MAX} bytes`)
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
