import type { ManualClock, SeededRandom } from '@shardline/core'
import { ShardlineError } from '@shardline/core'
import { RECEIPT_PURPOSE, signMessage } from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { Ledger, TransferId } from '@shardline/ledger'
import type { Market, OpenInit, RequestId, SignedReceipt } from '@shardline/market'
import { CREDITS_LEDGER } from '../../src/account/credits.ts'
import { partyAccount } from '../../src/ids.ts'
import { formatPrice } from '../../src/price/price-rule.ts'
import type { ScaledPrice } from '../../src/price/price-rule.ts'
import type { Cast } from './cast.ts'
import { same } from './check-books.ts'
import type { Books } from './check-books.ts'
import { DRIVERS, REASONS, USERS } from './operations.ts'
import type { Act, Action, Mode, Operation } from './operations.ts'
import type { Replicas } from './replicas.ts'
import type { Answer, Counts, ShadowMarket, ShadowRequest } from './shadow-market.ts'

/** What a run is played with. */
export interface PlayerInit {
  readonly replicas: Replicas
  readonly ledger: Ledger
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly operator: Identity
  readonly cast: Cast
  readonly shadow: ShadowMarket
  readonly books: Books
  readonly counts: Record<string, number>
}

/** States in which an action may do something. */
const FITTING: Readonly<Record<Action, readonly string[]>> = {
  submit: ['QUOTED'],
  claim: ['PENDING'],
  start: ['CLAIMED', 'RUNNING'],
  progress: ['RUNNING'],
  deliver: ['RUNNING'],
  acknowledge: ['RUNNING', 'DELIVERED'],
  release: ['CLAIMED', 'RUNNING'],
  'give-up': ['CLAIMED', 'RUNNING'],
  cancel: ['QUOTED', 'PENDING'],
  reassign: ['PENDING'],
  flag: ['COMPLETED'],
}

/** What brings a request on. */
const NEXT: Readonly<Record<string, Action>> = {
  QUOTED: 'submit',
  PENDING: 'claim',
  CLAIMED: 'start',
  RUNNING: 'deliver',
  DELIVERED: 'acknowledge',
}

/** What is sent to a market, and what its shadow says to that. */
interface Sent {
  readonly send: (market: Market) => Promise<unknown>
  readonly expect: () => Answer
}

/** Plays the steps of one run on markets and shadow. */
export class Player {
  readonly #init: PlayerInit
  readonly #actions: Readonly<Record<Action, (act: Act, request: ShadowRequest) => Sent>>

  constructor(init: PlayerInit) {
    this.#init = init
    this.#actions = {
      submit: (act, request) => this.#submit(act, request),
      claim: (act, request) => this.#claim(act, request),
      start: (act, request) => this.#start(act, request),
      progress: (act, request) => this.#progress(act, request),
      deliver: (act, request) => this.#deliver(act, request),
      acknowledge: (act, request) => this.#acknowledge(act, request),
      release: (act, request) => this.#release(act, request),
      'give-up': (act, request) => this.#giveUp(act, request),
      cancel: (act, request) => this.#cancel(act, request),
      reassign: (act, request) => this.#reassign(act, request),
      flag: (act, request) => this.#flag(act, request),
    }
  }

  /** Plays a step, and holds tables and shadow together. */
  async play(step: Operation): Promise<void> {
    await this.#step(step)
    await this.#init.books.check()
  }

  /** Lets time bring everything to its end. */
  async finish(): Promise<void> {
    const { clock, shadow, books } = this.#init
    for (let round = 0; round < 3; round++) {
      clock.advance(400_000)
      await this.#step({ type: 'sweep', mode: { how: 'once', replica: round % 2 } })
    }
    await books.check()
    same(shadow.requests.filter((it) => shadow.isOpen(it)).length, 0, 'open requests at the end')
    same(
      shadow.purses.every(({ held }) => held === 0n),
      true,
      'nothing is held at the end',
    )
  }

  async #step(step: Operation): Promise<void> {
    const { clock, cast, shadow, replicas, operator } = this.#init
    switch (step.type) {
      case 'act': {
        const [action, request] = this.#pick(step)
        if (request !== undefined) await this.#run(action, step.mode, this.#actions[action](step, request))
        return
      }
      case 'open':
        return this.#run('open', step.mode, this.#open(step))
      case 'claim-first':
        return this.#claimFirst(step)
      case 'race':
        return this.#race(step)
      case 'deposit': {
        const [party, amount] = [cast.party(step.party).id, BigInt(step.amount)]
        const id = cast.newId() as string as TransferId
        const expect = (): Answer => {
          const purse = shadow.purses[step.party]
          if (purse !== undefined) purse.available += amount
          return 'ok'
        }
        const send = (market: Market): Promise<unknown> => market.deposit(operator.id, { id, party, amount })
        return this.#run('deposit', step.mode, { send, expect })
      }
      case 'transfer':
        return this.#transfer(step)
      case 'report': {
        const said = {
          model: cast.model,
          tokensPerSecond: step.speed,
          numericClass: 'test',
          quantization: 'q4',
          workers: [],
        }
        const send = (market: Market): Promise<unknown> =>
          market.reportCapacity(cast.driver(step.driver).id, said)
        return this.#run('report', step.mode, { send, expect: () => 'ok' })
      }
      case 'withdraw': {
        const send = (market: Market): Promise<unknown> =>
          market.withdrawCapacity(cast.driver(step.driver).id, cast.model)
        return this.#run('withdraw', step.mode, { send, expect: () => 'ok' })
      }
      case 'sweep':
        return this.#run('sweep', step.mode, this.#sweep())
      case 'clock':
        clock.advance(step.ms)
        return
      case 'reopen':
        return replicas.reopen(step.replica)
    }
  }

  #sweep(): Sent {
    const { clock, shadow } = this.#init
    const expect = (): Answer => {
      shadow.sweep(clock.now())
      return 'ok'
    }
    return { send: (market) => market.sweep(), expect }
  }

  /** Sends something as its mode says; the answer must be the shadow's. */
  async #run(name: string, mode: Mode, { send, expect }: Sent): Promise<void> {
    const { replicas } = this.#init
    const market = replicas.market(mode.replica)
    if (mode.how === 'broken') {
      replicas.break(mode.replica, mode.fault)
      const first = await answerOf(send(market))
      if (replicas.mend(mode.replica)) {
        this.#count('broken', 'connections')
        await replicas.reopen(mode.replica)
        const again = await answerOf(send(replicas.market(mode.replica)))
        this.#compare(name, again, expect())
        // What was left to the sweep, because the ledger could not be reached, is settled by it.
        if (name !== 'sweep') await this.#run('sweep', { how: 'once', replica: mode.replica }, this.#sweep())
        return
      }
      this.#compare(name, first, expect())
      return
    }
    if (mode.how === 'once') {
      this.#compare(name, await answerOf(send(market)), expect())
      return
    }
    const other = replicas.market(1 - mode.replica)
    const answers = await Promise.all([answerOf(send(market)), answerOf(send(other))])
    const expected = expect()
    for (const answer of answers) this.#compare(`${name} twice`, answer, expected)
  }

  #compare(name: string, answer: Answer, expected: Answer): void {
    this.#count(name, expected.includes(' at ') ? 'work' : expected)
    same(answer, expected, name)
  }

  #count(name: string, answer: Answer): void {
    const { counts } = this.#init
    const key = `${name}: ${answer}`
    counts[key] = (counts[key] ?? 0) + 1
  }

  #pick({ action, pick, isFitting, variant }: Act): readonly [Action, ShadowRequest | undefined] {
    const { shadow } = this.#init
    const { requests } = shadow
    const isOne = (request: ShadowRequest): boolean =>
      action === 'next' ? shadow.isOpen(request) : FITTING[action].includes(request.state)
    const fitting = requests.filter((request) => isOne(request))
    const among = isFitting && fitting.length > 0 ? fitting : requests
    const request = among[pick % Math.max(1, among.length)]
    if (action !== 'next') return [action, request]
    return [variant === 7 ? 'progress' : (NEXT[request?.state ?? ''] ?? 'flag'), request]
  }

  #open(step: Extract<Operation, { type: 'open' }>): Sent {
    const { cast, shadow, clock, books } = this.#init
    const { price } = books
    const bounds = {
      none: {},
      met: { maxPrice: formatPrice(price as ScaledPrice) },
      low: { maxPrice: '0.5' },
    }
    const init: OpenInit = {
      id: cast.newId(),
      model: cast.model,
      driver: cast.driver(step.driver).id,
      promptTokensMax: step.prompt,
      outputTokensMax: step.output,
      priority: step.priority,
      maxTimeMs: step.maxTimeMs,
      ...bounds[step.bound],
    }
    const expect = (): Answer =>
      shadow.open(clock.now(), {
        id: init.id,
        user: step.user,
        driver: USERS + step.driver,
        asked: { prompt: step.prompt, output: step.output },
        priority: step.priority,
        price,
        maxTimeMs: step.maxTimeMs,
        isBoundLow: step.bound === 'low',
      })
    return { send: (market) => market.open(cast.party(step.user).id, init), expect }
  }

  #submit(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.user : act.party
    const sealed = act.variant === 0 ? 'BBBB' : 'AAAA'
    return {
      send: (market) => market.submit(cast.party(who).id, { id: idOf(request), sealedPrompt: sealed }),
      expect: () => shadow.submit(clock.now(), request, { who, sealed }),
    }
  }

  #claim(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const key = cast.newId()
    return {
      send: (market) => market.claim(cast.party(who).id, { id: idOf(request), key }),
      expect: () => shadow.claim(clock.now(), request, { who, key }),
    }
  }

  async #claimFirst({ driver, mode }: Extract<Operation, { type: 'claim-first' }>): Promise<void> {
    const { cast, shadow, clock } = this.#init
    const key = cast.newId()
    const who = USERS + driver
    const send = async (market: Market): Promise<string> => {
      const work = await market.claim(cast.party(who).id, { key, models: [cast.model] })
      return work === undefined ? 'nothing' : `${work.id} at ${work.fence}`
    }
    const expect = (): Answer => {
      const first = shadow.firstInLine(clock.now(), who, key)
      if (first === undefined) return 'nothing'
      if (first.claimKey !== key) shadow.claim(clock.now(), first, { who, key })
      return `${first.id} at ${first.fence}`
    }
    await this.#run('claim first', mode, { send, expect })
  }

  #fenceOf({ isCurrent, variant }: Act, { fence }: ShadowRequest): number {
    if (isCurrent) return fence
    return variant % 2 === 0 ? Math.max(0, fence - 1) : fence + 1
  }

  #start(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const fence = this.#fenceOf(act, request)
    const pipeline = act.variant % 3 === 0 ? 'with others' : 'alone'
    const participants = cast.pipeline(pipeline, request.driver - USERS)
    return {
      send: (market) => market.start(cast.party(who).id, { id: idOf(request), fence, participants }),
      expect: () => shadow.start(clock.now(), request, { who, fence, pipeline }),
    }
  }

  #progress(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const fence = this.#fenceOf(act, request)
    const delivered = partOf(act, request)
    return {
      send: (market) => market.progress(cast.party(who).id, { id: idOf(request), fence, delivered }),
      expect: () => shadow.progress(clock.now(), request, { who, fence, delivered }),
    }
  }

  #deliver(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const fence = this.#fenceOf(act, request)
    const delivered = atLeast(partOf(act, request), request.delivered)
    const areReceiptsRight = act.variant !== 0
    const receipts = this.#receipts(request, { fence, delivered, isWhole: areReceiptsRight })
    return {
      send: (market) => market.deliver(cast.party(who).id, { id: idOf(request), fence, delivered, receipts }),
      expect: () => shadow.deliver(clock.now(), request, { who, fence, delivered, areReceiptsRight }),
    }
  }

  #acknowledge(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.user : act.party
    const received = act.variant < 4 ? request.delivered : partOf(act, request)
    const fence = act.variant % 2 === 0 ? undefined : this.#fenceOf(act, request)
    const named = fence === undefined ? {} : { fence }
    return {
      send: (market) => market.acknowledge(cast.party(who).id, { id: idOf(request), received, ...named }),
      expect: () => shadow.acknowledge(clock.now(), request, { who, received, fence }),
    }
  }

  #release(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const fence = this.#fenceOf(act, request)
    return {
      send: (market) => market.release(cast.party(who).id, { id: idOf(request), fence }),
      expect: () => shadow.release(clock.now(), request, { who, fence }),
    }
  }

  #giveUp(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.driver : act.party
    const fence = this.#fenceOf(act, request)
    const reason = act.variant % 2 === 0 ? 'not-answered' : 'proof-lost'
    return {
      send: (market) => market.giveUp(cast.party(who).id, { id: idOf(request), fence, reason }),
      expect: () => shadow.giveUp(clock.now(), request, { who, fence, reason }),
    }
  }

  #cancel(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.user : act.party
    return {
      send: (market) => market.cancel(cast.party(who).id, idOf(request)),
      expect: () => shadow.cancel(clock.now(), request, { who }),
    }
  }

  #reassign(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.user : act.party
    const driver = USERS + (act.party % DRIVERS)
    const sealed = act.variant < 4 ? 'AAAA' : 'CCCC'
    const init = { id: idOf(request), driver: cast.party(driver).id, sealedPrompt: sealed }
    return {
      send: (market) => market.reassign(cast.party(who).id, init),
      expect: () => shadow.reassign(clock.now(), request, { who, driver, sealed }),
    }
  }

  #flag(act: Act, request: ShadowRequest): Sent {
    const { cast, shadow, clock } = this.#init
    const who = act.isRight ? request.user : act.party
    const reason = REASONS[act.variant % REASONS.length] ?? 'other'
    return {
      send: (market) => market.flag(cast.party(who).id, { id: idOf(request), reason }),
      expect: () => shadow.flag(clock.now(), request, { who, reason }),
    }
  }

  /** Both replicas are asked at the same time for what only one of them can do. */
  async #race({ pick, between }: Extract<Operation, { type: 'race' }>): Promise<void> {
    const { cast, shadow, clock, replicas } = this.#init
    const fitting = shadow.requests.filter(({ state }) => state === 'PENDING')
    const among = fitting.length > 0 ? fitting : shadow.requests
    const request = among[pick % Math.max(1, among.length)]
    if (request === undefined) return
    const { driver, user } = request
    const [id, keys] = [idOf(request), [cast.newId(), cast.newId()]] as const
    const claimWith = (nth: number): Promise<Answer> =>
      answerOf(replicas.market(nth).claim(cast.party(driver).id, { id, key: keys[nth] ?? '' }))
    const second =
      between === 'claims' ? claimWith(1) : answerOf(replicas.market(1).cancel(cast.party(user).id, id))
    const answers = await Promise.all([claimWith(0), second])
    const isSecondFirst = answers[1] === 'ok'
    const expectClaim = (nth: number): Answer =>
      shadow.claim(clock.now(), request, { who: driver, key: keys[nth] ?? '' })
    const expectSecond = (): Answer =>
      between === 'claims' ? expectClaim(1) : shadow.cancel(clock.now(), request, { who: user })
    const expected = isSecondFirst
      ? [expectSecond(), expectClaim(0)].toReversed()
      : [expectClaim(0), expectSecond()]
    this.#count(`race of ${between}`, answers.join(' / '))
    same(answers, expected, `race of ${between}`)
  }

  async #transfer({ from, to, part }: Extract<Operation, { type: 'transfer' }>): Promise<void> {
    const { cast, shadow, ledger } = this.#init
    if (from === to) return
    const amount = ((shadow.purses[from]?.available ?? 0n) * BigInt(part)) / 400n + 1n
    const [outcome] = await ledger.createTransfers([
      {
        id: cast.newId() as string as TransferId,
        debitAccountId: partyAccount(cast.party(from).id),
        creditAccountId: partyAccount(cast.party(to).id),
        amount,
        ledger: CREDITS_LEDGER,
        code: 9,
      },
    ])
    this.#compare('transfer', outcome?.status ?? '', shadow.transfer({ from, to, amount }))
  }

  /** Receipts of a request's pipeline; without the validator's if they aren't to be whole. */
  #receipts(
    request: ShadowRequest,
    init: { readonly fence: number; readonly delivered: Counts; readonly isWhole: boolean },
  ): readonly SignedReceipt[] {
    const { cast, clock, random } = this.#init
    const nth = request.driver - USERS
    const { validator, workers } = cast.pipeline(request.pipeline ?? 'alone', nth)
    const stages = [
      { role: 'driver', node: cast.party(request.driver).id, layers: null },
      ...workers.map(({ node, first, last }) => ({ role: 'worker', node, layers: { first, last } })),
      ...(init.isWhole ? [{ role: 'validator', node: validator, layers: null }] : []),
    ]
    return stages.map((stage) => {
      const body = {
        ...stage,
        request: request.id,
        fence: init.fence,
        model: cast.model,
        numericClass: 'test',
        promptTokens: init.delivered.prompt,
        outputTokens: init.delivered.output,
        root: 'ab'.repeat(32),
      }
      const identity = cast.party(cast.slotOf(stage.node))
      return { ...signMessage({ identity, clock, random, purpose: RECEIPT_PURPOSE, body }) }
    })
  }
}

const idOf = ({ id }: ShadowRequest): RequestId => id as RequestId

const share = (part: number, whole: number): number => Math.floor((part * whole) / 100)

function partOf({ parts: [prompt, output] }: Act, { asked }: ShadowRequest): Counts {
  return { prompt: share(prompt, asked.prompt), output: share(output, asked.output) }
}

function atLeast(counts: Counts, least: Counts): Counts {
  return { prompt: Math.max(counts.prompt, least.prompt), output: Math.max(counts.output, least.output) }
}

/** What came of it: a text that was answered, `ok`, or the code of the failure. */
async function answerOf(asked: Promise<unknown>): Promise<Answer> {
  try {
    const answer = await asked
    return typeof answer === 'string' ? answer : 'ok'
  } catch (cause) {
    if (cause instanceof ShardlineError) return cause.code
    throw cause
  }
}
