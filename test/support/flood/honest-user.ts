import type { DriverTarget } from '@shardline/client'
import { SideProcess } from './side-process.ts'

/** How often someone asks. */
export interface Pace {
  readonly count: number
  /** Before each ask. */
  readonly pauseMs: number
}

/** Someone who asks for short answers and times them, in a process of their own. */
export class HonestUser implements AsyncDisposable {
  readonly #process: SideProcess<readonly number[]>

  private constructor(target: DriverTarget) {
    this.#process = new SideProcess('honest-main', target)
  }

  /** Resolves when the driver has taken the link. */
  static async connect(target: DriverTarget): Promise<HonestUser> {
    const user = new HonestUser(target)
    await user.#process.next()
    return user
  }

  /** Milliseconds that each of these answers takes. @throws Error if one doesn't come */
  time(pace: Pace): Promise<readonly number[]> {
    const times = this.#process.next()
    this.#process.send(pace)
    return times
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}
