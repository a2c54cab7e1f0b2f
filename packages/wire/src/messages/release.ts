/** Driver to stage: the pipeline is over; free its sessions and its links. */
export interface ReleaseMessage {
  readonly kind: 'release'
  readonly pipeline: string
}
