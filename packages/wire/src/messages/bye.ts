/** The sender is about to close the link on purpose. */
export interface ByeMessage {
  readonly kind: 'bye'
  readonly reason: string
}
