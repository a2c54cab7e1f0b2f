import { AsksTooManyError, ServiceBusyError } from './service-errors.ts'

/** Bounds of an {@link Admission}. */
export interface AdmissionInit {
  readonly answersOpenMax: number
  readonly answersPerNetworkMax: number
  readonly answersPerIdentityMax: number
  readonly answersPerLinkMax: number
  /** Answers that run at the same time, for saying when there may be room. */
  readonly answersRunningMax: number
}

/** Room that was given to one ask. */
export interface Admitted {
  /** Takes room for further answers of the same ask. @throws as {@link Admission.admit}. */
  grow(answers: number): void
  /** Gives all of it back; may be called twice. */
  release(): void
}

/** Who asks. */
export interface Asker {
  readonly link: string
  /** Its address, of which many identities may be: an IPv4 address, or an IPv6 network of 64 bits. */
  readonly network: string
  readonly identity: string
}

/** Shares of the last duration in the mean: new = old + (last - old) / SMOOTHING. */
const SMOOTHING = 8
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 60_000

/** Counts open answers by link, by identity, by network and in all, and refuses what is too much. */
export class Admission {
  readonly #init: AdmissionInit
  readonly #byLink = new Map<string, number>()
  readonly #byNetwork = new Map<string, number>()
  readonly #byIdentity = new Map<string, number>()
  #open = 0
  #meanMs = RETRY_MS_MIN

  constructor(init: AdmissionInit) {
    this.#init = init
  }

  /** Answers that are open. */
  get open(): number {
    return this.#open
  }

  /** Takes room for one answer. @throws AsksTooManyError, ServiceBusyError. */
  admit(asker: Asker): Admitted {
    let answers = 0
    const grow = (more: number): void => {
      this.#take(asker, more)
      answers += more
    }
    grow(1)
    return {
      grow,
      release: () => {
        this.#take(asker, -answers)
        answers = 0
      },
    }
  }

  /** Tells how long an answer took, so that refusals can say when to come again. */
  learn(durationMs: number): void {
    this.#meanMs += (durationMs - this.#meanMs) / SMOOTHING
  }

  #take(asker: Asker, answers: number): void {
    const { link, network, identity } = asker
    if (answers > 0) this.#check(asker, answers)
    this.#open += answers
    add(this.#byLink, link, answers)
    add(this.#byNetwork, network, answers)
    add(this.#byIdentity, identity, answers)
  }

  #check({ link, network, identity }: Asker, answers: number): void {
    const { answersPerLinkMax, answersPerIdentityMax, answersPerNetworkMax, answersOpenMax } = this.#init
    if ((this.#byLink.get(link) ?? 0) + answers > answersPerLinkMax) {
      throw new AsksTooManyError('link', answersPerLinkMax, this.#retryMs())
    }
    if ((this.#byIdentity.get(identity) ?? 0) + answers > answersPerIdentityMax) {
      throw new AsksTooManyError('identity', answersPerIdentityMax, this.#retryMs())
    }
    if ((this.#byNetwork.get(network) ?? 0) + answers > answersPerNetworkMax) {
      throw new AsksTooManyError('network', answersPerNetworkMax, this.#retryMs())
    }
    if (this.#open + answers > answersOpenMax) throw new ServiceBusyError(answersOpenMax, this.#retryMs())
  }

  /** About the time until all that wait now have begun. */
  #retryMs(): number {
    const rounds = this.#open / this.#init.answersRunningMax
    return Math.round(Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, this.#meanMs * rounds)))
  }
}

function add(counts: Map<string, number>, key: string, amount: number): void {
  const count = (counts.get(key) ?? 0) + amount
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
