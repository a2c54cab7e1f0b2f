import type { ShardlineError } from './errors.ts'
import { fromUnknown } from './errors.ts'

/** Something that runs: started once, stopped once. `stop` may be called at any time and more than once. */
export interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Collects clean-up steps and runs them in reverse order, each even if another failed.
 * Use it with `await using`, so that a half-built thing is taken down when building fails.
 */
export class CleanupStack implements AsyncDisposable {
  #steps: (() => Promise<void> | void)[] = []

  /** Adds a step that runs before all steps added so far. */
  add(step: () => Promise<void> | void): void {
    this.#steps.push(step)
  }

  /** Takes the steps out of this stack into a new one: call it when building succeeded. */
  release(): CleanupStack {
    const released = new CleanupStack()
    released.#steps = this.#steps
    this.#steps = []
    return released
  }

  /**
   * Runs all steps in reverse order.
   *
   * @throws the first failure, after all steps ran.
   */
  async run(): Promise<void> {
    const steps = this.#steps.toReversed()
    this.#steps = []
    let first: ShardlineError | undefined
    for (const step of steps) {
      try {
        await step()
      } catch (cause) {
        first ??= fromUnknown(cause)
      }
    }
    if (first !== undefined) throw first
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.run()
  }
}
