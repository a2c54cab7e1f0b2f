import { WebSocket } from 'ws'
import { DialFailedError } from '../errors.ts'
import { RELAY_CHUNK_BYTES } from './relay-limits.ts'

/**
 * Opens a WebSocket to a relay.
 *
 * @throws DialFailedError if the address is none.
 */
export function openRelaySocket(url: string): WebSocket {
  try {
    const socket = new WebSocket(url, {
      maxPayload: RELAY_CHUNK_BYTES,
      perMessageDeflate: false,
      autoPong: false,
      followRedirects: false,
    })
    socket.once('upgrade', (response) => response.socket.setNoDelay(true))
    return socket
  } catch (cause) {
    throw new DialFailedError(url, 'it is no address of a relay', cause)
  }
}
