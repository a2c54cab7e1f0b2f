/** Asks for a `pong` with the same number; measures the round trip and shows that the peer's loop runs. */
export interface PingMessage {
  readonly kind: 'ping'
  readonly sequence: number
}
