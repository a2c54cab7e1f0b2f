import type { DriverTarget } from '@shardline/client'
import { SideProcess } from './side-process.ts'

/** What the process of those who are attacked gets. */
export interface AttackedPlan {
  readonly cacheFolder: string
}

/** How those who are attacked are doing. */
export interface AttackedState {
  readonly target: DriverTarget
  readonly answersRunning: number
  readonly answersWaiting: number
  /** Links of clients at the driver. */
  readonly links: number
  /** What the process has computed so far, in milliseconds. */
  readonly cpuMs: number
  /** Memory that the process holds. */
  readonly heldBytes: number
}

/** A driver on a socket with its stages, in one process of their own. */
export class Attacked implements AsyncDisposable {
  readonly #process: SideProcess<AttackedState>

  private constructor(plan: AttackedPlan) {
    this.#process = new SideProcess('attacked-main', plan)
  }

  /** Resolves when the driver takes clients. */
  static async start(plan: AttackedPlan): Promise<Attacked> {
    const attacked = new Attacked(plan)
    await attacked.#process.next()
    return attacked
  }

  get state(): AttackedState {
    return this.#process.latest
  }

  /** Resolves when a report says so. */
  async until(isSo: (state: AttackedState) => boolean): Promise<void> {
    while (!isSo(await this.#process.next()));
  }

  /** All reports that come while something goes on. */
  async during<T>(
    work: Promise<T>,
  ): Promise<{ readonly result: T; readonly states: readonly AttackedState[] }> {
    const states: AttackedState[] = []
    let isDone = false
    const result = work.finally(() => (isDone = true))
    // It is awaited below; until then its failure is nobody's.
    result.catch(() => undefined)
    do states.push(await this.#process.next())
    while (!isDone)
    return { result: await result, states }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}
