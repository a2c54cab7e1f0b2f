import { AbortedError } from '@shardline/core'

/** Blocks that one request fetches. */
export interface BlockRun {
  readonly first: number
  readonly count: number
}

/** Options of {@link BlockJobs}. */
export interface BlockJobsInit {
  /** Blocks of one request at the most. */
  readonly runBlocksMax: number
  /** Fetches a run; calls {@link BlockJobs.settle} for each block that is there. */
  readonly fetch: (run: BlockRun, signal: AbortSignal) => Promise<void>
}

interface Job {
  readonly controller: AbortController
  readonly done: Promise<void>
  /** Readers that wait for it; without any, it is given up. */
  waiters: number
  /** Blocks that are not there yet. */
  missing: number
}

interface Waiting {
  readonly job: Job
  readonly promise: Promise<void>
  readonly resolve: () => void
}

/** Requests under way, by block: readers of the same block share its request, and adjacent blocks are one request. */
export class BlockJobs {
  readonly #init: BlockJobsInit
  readonly #blocks = new Map<number, Waiting>()
  readonly #jobs = new Set<Job>()

  constructor(init: BlockJobsInit) {
    this.#init = init
  }

  /**
   * Waits until all of `blocks` (in ascending order) are there.
   *
   * @throws AbortedError if `signal` aborts; the requests go on if somebody else waits for them. Errors of fetching.
   */
  async want(blocks: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    for (const run of runsOf(
      blocks.filter((block) => !this.#blocks.has(block)),
      this.#init.runBlocksMax,
    ))
      this.#start(run)
    const waitings = blocks.map((block) => this.#blocks.get(block)).filter((waiting) => waiting !== undefined)
    const jobs = new Set(waitings.map(({ job }) => job))
    for (const job of jobs) job.waiters++
    try {
      await untilAborted(Promise.all(waitings.map(({ promise }) => promise)), signal)
    } finally {
      for (const job of jobs) this.#leave(job)
    }
  }

  /** Tells those who wait for a block that it is there. */
  settle(block: number): void {
    const waiting = this.#blocks.get(block)
    if (waiting === undefined) return
    waiting.job.missing--
    waiting.resolve()
    this.#blocks.delete(block)
  }

  /** Gives all requests up and waits for their end. */
  async stop(): Promise<void> {
    for (const job of this.#jobs) job.controller.abort()
    await Promise.allSettled([...this.#jobs].map(({ done }) => done))
  }

  #leave(job: Job): void {
    job.waiters--
    if (job.waiters > 0 || job.missing === 0 || !this.#jobs.has(job)) return
    this.#forget(job)
    job.controller.abort()
  }

  /** Whoever wants a block of a job that ended starts a new one. */
  #forget(job: Job): void {
    for (const [block, waiting] of this.#blocks) if (waiting.job === job) this.#blocks.delete(block)
  }

  #start(run: BlockRun): void {
    const controller = new AbortController()
    const done = this.#init.fetch(run, controller.signal)
    const job: Job = { controller, done, waiters: 0, missing: run.count }
    this.#jobs.add(job)
    const settled = done.finally(() => {
      this.#jobs.delete(job)
      this.#forget(job)
    })
    // The error reaches those who wait for a block; the job itself may have nobody left.
    settled.catch(() => undefined)
    for (let block = run.first; block < run.first + run.count; block++)
      this.#blocks.set(block, waitFor(job, settled))
  }
}

function waitFor(job: Job, settled: Promise<void>): Waiting {
  let resolve: () => void = () => undefined
  const there = new Promise<void>((fulfil) => {
    resolve = fulfil
  })
  const promise = Promise.race([there, settled])
  promise.catch(() => undefined)
  return { job, promise, resolve: () => resolve() }
}

/** Runs of adjacent blocks, none longer than `lengthMax`. */
export function runsOf(blocks: readonly number[], lengthMax: number): readonly BlockRun[] {
  const runs: { first: number; count: number }[] = []
  for (const block of blocks) {
    const last = runs.at(-1)
    if (last !== undefined && block === last.first + last.count && last.count < lengthMax) last.count++
    else runs.push({ first: block, count: 1 })
  }
  return runs
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AbortedError('the download', signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}
