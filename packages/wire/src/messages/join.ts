/** First message on a data link: frames of this pipeline will come here. */
export interface JoinMessage {
  readonly kind: 'join'
  readonly pipeline: string
  readonly epoch: number
}
