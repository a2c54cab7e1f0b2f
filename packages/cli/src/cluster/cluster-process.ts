/** One process of a local cluster. */
export interface ClusterProcess {
  /** Such as `worker-1`. */
  readonly name: string
  readonly role: 'driver' | 'worker' | 'validator'
  /** Where it listens; `memory:…` if it lives in this process, `local` for the driver. */
  readonly address: string
  readonly pid: number
}
