/** Answer to `ping`. */
export interface PongMessage {
  readonly kind: 'pong'
  readonly sequence: number
}
