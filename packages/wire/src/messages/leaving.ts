/** Stage to driver: this node goes away on purpose; open sessions end. */
export interface LeavingMessage {
  readonly kind: 'leaving'
  readonly reason: string
}
