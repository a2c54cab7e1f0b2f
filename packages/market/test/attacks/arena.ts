import { createIdentity, RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import { timeOrderedId } from '@shardline/ledger'
import type { TransferId } from '@shardline/ledger'
import { modelId } from '@shardline/market'
import type { ModelId, OpenInit, Request, RequestId } from '@shardline/market'
import { amountOf, parsePrice } from '../../src/price/price-rule.ts'
import { splitReward } from '../../src/settlement/split.ts'
import { SEALED, openPlayed } from '../support/open-played.ts'
import type { OpenedMarket } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** Tokens per second that the attacking driver really has. */
export const SPEED = 1_000
/** Victims that come one after the other before anyone is served. */
const VICTIMS = 5
/** The victim that pays no more than an honest market would have quoted it; the others pay anything. */
const WARY_VICTIM = 2
const BASE_PRICE = 10_000_000n
const WEALTH = 1_000_000_000_000_000n
const LAYERS = 8
const FEE_BPS = 1_000
const PROMPT_TOKENS = 1

/** What a run did to its attacker's purses. */
export interface Outcome {
  /** Microcredits that the attacker has more than before. */
  readonly gain: bigint
  /**
   * The same, computed from the receipts of the same requests, as a market would have paid that bills every token at its
   * locked price and takes nothing for what is taken back.
   */
  readonly weakGain: bigint
  /** Prices at which victims were quoted. */
  readonly quoted: readonly string[]
  /** Victims who walked away from a quote above their bound. */
  readonly lostVictims: number
}

/** Somebody's request that ran to its end. */
interface Served {
  readonly request: Request
  readonly isOwn: boolean
}

/** One market in which each run has a model, victims and an attacker of its own. */
export class Arena {
  readonly opened: OpenedMarket
  readonly #honest = new Map<number, Promise<Outcome>>()
  #runs = 0

  constructor(opened: OpenedMarket) {
    this.opened = opened
  }

  /** What honest work for such victims brings; played once. */
  honest(victimTokens: number): Promise<Outcome> {
    const known =
      this.#honest.get(victimTokens) ?? this.stage(victimTokens).then((stage) => play(stage, {}, []))
    this.#honest.set(victimTokens, known)
    return known
  }

  async stage(victimTokens: number): Promise<Stage> {
    const { market, random, clock } = this.opened
    const model = modelId(`attacks/run-${++this.#runs}`)
    const [driver, purse, victim] = await Promise.all([1, 2, 3].map(() => createIdentity(random)))
    if (driver === undefined || purse === undefined || victim === undefined)
      throw new Error('three identities')
    const operator = this.opened.id('operator')
    await market.setModel(operator, { model, layerCount: LAYERS, basePrice: BASE_PRICE })
    await market.registerNode(driver.id, { roles: ['driver', 'worker', 'validator'] })
    for (const { id: party } of [purse, victim]) {
      const id = timeOrderedId(clock, random) as string as TransferId
      await market.deposit(operator, { id, party, amount: WEALTH })
    }
    return new Stage(this.opened, { model, driver, purse, victim }, victimTokens)
  }
}

interface Cast {
  readonly model: ModelId
  /** The attacker's node: all roles are its own. */
  readonly driver: Identity
  /** The attacker as a user. */
  readonly purse: Identity
  readonly victim: Identity
}

/** What one run is played with. */
export class Stage {
  readonly cast: Cast
  readonly #opened: OpenedMarket
  readonly #victimTokens: number
  readonly #queue: { readonly id: RequestId; readonly isOwn: boolean }[] = []
  readonly #served: Served[] = []
  readonly quoted: string[] = []
  lostVictims = 0

  constructor(opened: OpenedMarket, cast: Cast, victimTokens: number) {
    this.#opened = opened
    this.cast = cast
    this.#victimTokens = victimTokens
  }

  /** What the driver says it can do; 0 withdraws. */
  async report(tokensPerSecond: number): Promise<void> {
    const { market } = this.#opened
    const { driver, model } = this.cast
    if (tokensPerSecond === 0) return market.withdrawCapacity(driver.id, model)
    const said = { model, tokensPerSecond, numericClass: 'test', quantization: 'q4', workers: [] }
    await market.reportCapacity(driver.id, said)
  }

  /** The attacker asks something of its own driver. */
  async askItself(outputTokensMax: number): Promise<RequestId> {
    const { id } = await this.#submit(this.cast.purse, { outputTokensMax })
    this.#queue.push({ id, isOwn: true })
    return id
  }

  async takeBack(id: RequestId): Promise<void> {
    await this.#opened.market.cancel(this.cast.purse.id, id)
    this.#forget(id)
  }

  /** Leaves what the attacker asked of itself to expire: nobody serves it. */
  leave(id: RequestId): void {
    this.#forget(id)
  }

  /** A victim comes, and walks away if it's quoted more than its bound. */
  async victimComes(bound: string | undefined): Promise<void> {
    const { market } = this.#opened
    const { model, victim } = this.cast
    const found = (await market.prices()).find((price) => price.model === model)
    this.quoted.push(found?.price ?? '')
    const maxPrice = bound === undefined ? {} : { maxPrice: bound }
    try {
      const { id } = await this.#submit(victim, { outputTokensMax: this.#victimTokens, ...maxPrice })
      this.#queue.push({ id, isOwn: false })
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'MARKET_PRICE_ABOVE_MAX') throw cause
      this.lostVictims++
    }
  }

  /** Serves all that waits, oldest first, as fast as the driver really is. */
  async serveAll(): Promise<void> {
    for (const { id, isOwn } of this.#queue) await this.#serve(id, isOwn)
    this.#queue.length = 0
  }

  /** Lets everything that is still open come to its end. */
  async finish(): Promise<void> {
    const { market, clock } = this.#opened
    clock.advance(3_700_000)
    await market.sweep()
    await market.sweep()
  }

  /** Microcredits of both of the attacker's accounts. */
  async wealth(): Promise<bigint> {
    const purses = await Promise.all(
      [this.cast.driver, this.cast.purse].map(({ id }) => this.#opened.market.balance(id)),
    )
    return purses.reduce((sum, { available, held }) => sum + available + held, 0n)
  }

  /** What the attacker would have more in a market that bills at the locked price, for the same receipts. */
  weakGain(): bigint {
    let gain = 0n
    for (const { request, isOwn } of this.#served) {
      const tokens = request.delivered.prompt + request.delivered.output
      const billed = amountOf(parsePrice(request.lockedPrice), BigInt(tokens))
      const driver = this.cast.driver.id
      const { fee } = splitReward({
        billed,
        feeBps: FEE_BPS,
        driver,
        validator: driver,
        workers: [],
        policy: 'equal',
      })
      gain += isOwn ? -fee : billed - fee
    }
    return gain
  }

  async #submit(user: Identity, init: Pick<OpenInit, 'outputTokensMax' | 'maxPrice'>): Promise<Request> {
    const { market, clock, random } = this.#opened
    clock.advance(1)
    const id = timeOrderedId(clock, random) as string as RequestId
    const { model, driver } = this.cast
    await market.open(user.id, { id, model, driver: driver.id, promptTokensMax: PROMPT_TOKENS, ...init })
    return market.submit(user.id, { id, sealedPrompt: SEALED })
  }

  async #serve(id: RequestId, isOwn: boolean): Promise<void> {
    const { market, clock, random } = this.#opened
    const { driver, purse, victim, model } = this.cast
    const work = await market.claim(driver.id, { id })
    if (work === undefined) throw new Error('there is nothing to claim')
    const participants = { validator: driver.id, workers: [], layerCount: LAYERS }
    await market.start(driver.id, { id, fence: work.fence, participants })
    clock.advance(Math.ceil((work.outputTokensMax / SPEED) * 1_000))
    const delivered = { prompt: PROMPT_TOKENS, output: work.outputTokensMax }
    const common = {
      request: id,
      fence: work.fence,
      node: driver.id,
      model,
      numericClass: 'test',
      promptTokens: delivered.prompt,
      outputTokens: delivered.output,
      root: 'ab'.repeat(32),
      layers: null,
    }
    const receipts = (['driver', 'validator'] as const).map((role) => ({
      ...signMessage({
        identity: driver,
        clock,
        random,
        purpose: RECEIPT_PURPOSE,
        body: { ...common, role },
      }),
    }))
    await market.deliver(driver.id, { id, fence: work.fence, delivered, receipts })
    const user = isOwn ? purse : victim
    this.#served.push({
      request: await market.acknowledge(user.id, { id, received: delivered }),
      isOwn,
    })
  }

  #forget(id: RequestId): void {
    const index = this.#queue.findIndex((one) => one.id === id)
    if (index >= 0) this.#queue.splice(index, 1)
  }
}

/** What an attacker does otherwise than an honest driver; all of it through the operations of a running market. */
export interface Attack {
  /** Before the first victim. @default reports the truth */
  begin?(stage: Stage): Promise<void>
  /** Before each victim. */
  beforeVictim?(stage: Stage): Promise<void>
  /** When the last victim has come, before anyone is served. */
  beforeServing?(stage: Stage): Promise<void>
  /** When everyone is served. */
  afterServing?(stage: Stage): Promise<void>
}

/** Plays one run: everyone comes before anyone is served, the case in which demand moves the price most. */
async function play(stage: Stage, attack: Attack, bounds: readonly (string | undefined)[]): Promise<Outcome> {
  const before = await stage.wealth()
  if (attack.begin === undefined) await stage.report(SPEED)
  else await attack.begin(stage)
  for (let victim = 0; victim < VICTIMS; victim++) {
    await attack.beforeVictim?.(stage)
    await stage.victimComes(bounds[victim])
  }
  await attack.beforeServing?.(stage)
  await stage.serveAll()
  await attack.afterServing?.(stage)
  await stage.finish()
  const { quoted, lostVictims } = stage
  return { gain: (await stage.wealth()) - before, weakGain: stage.weakGain(), quoted, lostVictims }
}

/** An honest run and one with an attack, for the same victims. */
export interface Duel {
  readonly honest: Outcome
  readonly attacked: Outcome
  /** Microcredits that the attack gained over honest work. */
  readonly net: bigint
  /** The same where every victim pays anything. */
  readonly captiveNet: bigint
  /** The same in the weak design. */
  readonly weakNet: bigint
}

/** Plays an attack on victims of some output tokens each, against honest work for the same victims. */
export async function duel(arena: Arena, attack: Attack, victimTokens: number): Promise<Duel> {
  const honest = await arena.honest(victimTokens)
  const bounds = honest.quoted.map((price, nth) => (nth === WARY_VICTIM ? price : undefined))
  const attacked = await play(await arena.stage(victimTokens), attack, bounds)
  const captive = await play(await arena.stage(victimTokens), attack, [])
  return {
    honest,
    attacked,
    net: attacked.gain - honest.gain,
    captiveNet: captive.gain - honest.gain,
    weakNet: attacked.weakGain - honest.weakGain,
  }
}

/** Opens a market that believes what drivers say, so that fast ones can be played. */
export async function openArena(openAgain: OpenAgain): Promise<Arena> {
  const settings = {
    unprovenTokensPerSecondMax: 10 * SPEED,
    openRequestsPerUserMax: 1_000,
    requestMsMax: 3_600_000,
  }
  return new Arena(await openPlayed(openAgain, { settings }))
}
