import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AttackPlan, AttackState } from './attack-plan.ts'

/** Attackers at work, in a process of their own: what they do costs their own time. */
export class Attackers implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #state: AttackState = { isReady: false, halfOpen: 0, halfOpenAgain: 0, links: 0, linksAgain: 0 }

  private constructor(plan: AttackPlan) {
    const script = fileURLToPath(new URL('attackers-main.ts', import.meta.url))
    this.#child = fork(script, [JSON.stringify(plan)], {
      execArgv: ['--import', import.meta.resolve('tsx'), '--conditions=shardline-source'],
    })
    this.#closed = once(this.#child, 'close')
    this.#child.on('message', (state) => {
      this.#state = state as AttackState
    })
  }

  /** Resolves when all links are made, and have asked. */
  static async start(plan: AttackPlan): Promise<Attackers> {
    const attackers = new Attackers(plan)
    while (!attackers.#state.isReady) {
      if (attackers.#child.exitCode !== null) throw new Error('the attackers gave up')
      await Promise.race([once(attackers.#child, 'message'), attackers.#closed])
    }
    return attackers
  }

  /** What they have in place now. */
  get state(): AttackState {
    return this.#state
  }

  /** Tells them to ask no more; what they have in place stays. */
  stopAsking(): void {
    this.#child.send('enough')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
