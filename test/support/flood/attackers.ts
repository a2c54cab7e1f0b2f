import type { AttackPlan, AttackState } from './attack-plan.ts'
import { SideProcess } from './side-process.ts'

/** Attackers at work, in a process of their own: what they compute is of no concern here. */
export class Attackers implements AsyncDisposable {
  readonly #process: SideProcess<AttackState>

  private constructor(plan: AttackPlan) {
    this.#process = new SideProcess('attackers-main', plan, { isElsewhere: true })
  }

  /** Resolves when all links are made, and have asked. */
  static async start(plan: AttackPlan): Promise<Attackers> {
    const attackers = new Attackers(plan)
    while (!(await attackers.#process.next()).isReady);
    return attackers
  }

  /** What they have in place now. */
  get state(): AttackState {
    return this.#process.latest
  }

  /** Tells them to ask no more; what they have in place stays. */
  stopAsking(): void {
    this.#process.send('enough')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}
