/** Over whom a driver may plan, as addresses; with ids behind `#` where it is known who has to be there. */
export interface FoundStages {
  readonly workers: readonly string[]
  readonly validator: string
  /** Who stands by to take a lost stage's place, in the order in which they are taken. */
  readonly spares: { readonly workers: readonly string[]; readonly validators: readonly string[] }
}

/** Told of nodes that come and go while a pipeline runs. */
export interface StageWatcher {
  /** A node has come, and may stand by. It may be told of more than once, and of one that is a stage already. */
  came(node: { readonly role: 'worker' | 'validator'; readonly address: string }): void
  /** A node has left, or may not be used any more. If it is a stage, it stays one for as long as its link lasts. */
  went(address: string): void
}

/** Where the nodes come from that a driver plans over: its command line, a market, those that enlisted. A compliance suite runs every one. */
export interface StageSource {
  /**
   * Nodes that a pipeline can be formed of now. Asked again when one broke. One whose nodes come by themselves waits until
   * there are enough.
   *
   * @throws NodesMissingError if there are not enough, and none will come; AbortedError; what asking elsewhere throws.
   */
  find(options: { readonly signal: AbortSignal | undefined }): Promise<FoundStages>
  /** Tells of nodes that come and go after what was found last, until the function that is returned is called. */
  watch(watcher: StageWatcher): () => void
  /** For people: what is missing now, and who isn't used and why; empty if nothing is to be said. */
  readonly notes: readonly string[]
}
