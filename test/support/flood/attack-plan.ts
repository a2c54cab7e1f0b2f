/** What the attackers of a flood are to do; their process gets it as JSON. */
export interface AttackPlan {
  /** Port of the driver, on this machine. */
  readonly port: number
  /** Address of this machine that the links come from. */
  readonly from: string
  /** Addresses of this machine that the connections come from which say nothing. */
  readonly halfOpenFrom: readonly string[]
  /** Id of the driver. */
  readonly driver: string
  /** Connections that say nothing. */
  readonly halfOpen: number
  /** Links that ask for much and read nothing of it. */
  readonly slowReaders: number
  readonly asksPerReader: number
}

/** What the attackers have in place now. */
export interface AttackState {
  /** Whether all of it was in place once. */
  readonly isReady: boolean
  readonly halfOpen: number
  /** Half-open connections that the driver closed, and that were opened again. */
  readonly halfOpenAgain: number
  readonly links: number
  /** Links that the driver closed, and that were made again. */
  readonly linksAgain: number
}
