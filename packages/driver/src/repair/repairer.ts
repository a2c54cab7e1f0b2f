import type { Epoch, Milliseconds, ShardlineError } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { RepairCounters, SpareAddress, SpareReport } from '../driver-types.ts'
import { ReplacementMissingError, StageSilentError } from '../errors.ts'
import type { FormationComponents, StagePlace } from '../meet-stage.ts'
import { memberOf } from '../member-of.ts'
import type { Member } from '../membership.ts'
import { warnOfClasses } from '../warn-of-classes.ts'
import type { FormationInit } from '../pipeline-formation.ts'
import type { PipelineCore } from '../pipeline-core.ts'
import type { StageLink } from '../stage-link.ts'
import { blame, isNextTrouble } from './blame.ts'
import type { PlaceFailure } from './blame.ts'
import { formAnew } from './form-anew.ts'
import type { Loss } from './loss.ts'
import { placeStages } from './place-stages.ts'
import type { Recovery } from './recovery.ts'
import type { Replacement } from './replacement.ts'
import { ReplacementFinder } from './replacement-finder.ts'
import type { SparePool } from './spare-pool.ts'

/** What a {@link Repairer} works with. */
export interface RepairerComponents extends FormationComponents {
  readonly core: PipelineCore
  readonly spares: SparePool
}

/** Options of a {@link Repairer}. */
export interface RepairerInit {
  /** What the pipeline was formed of. */
  readonly formation: FormationInit
  readonly layerBytes: number
  readonly headBytes: number
  readonly repairsMax: number
  readonly repairsRecentMax: number
  readonly repairMsMax: Milliseconds
  readonly reformMsMax: Milliseconds
  readonly repairRetryMsMin: Milliseconds
  readonly repairRetryMsMax: Milliseconds
}

/** State of one repair, over all its attempts. */
interface Repair {
  readonly startedMs: Milliseconds
  readonly signal: AbortSignal
  /** Links to stages that are to be replaced although their link may live. */
  readonly broken: Set<StageLink>
  /** Those of them that don't answer. */
  readonly silent: Set<StageLink>
  /** How often a stage couldn't reach the next one. */
  readonly troubles: Map<StageLink, number>
  readonly left: Map<string, StagePlace>
  /** Whether the latest attempt showed who is to be replaced next. */
  isBlamed: boolean
  isAnew: boolean
  isValidatorNew: boolean
  replacedStages: number
  attempts: number
  retryMs: Milliseconds
}

/** Puts other stages in place of lost ones: one repair at a time, in several attempts, within limits. */
export class Repairer {
  readonly #components: RepairerComponents
  readonly #init: RepairerInit
  readonly #finder: ReplacementFinder
  #attempts: Milliseconds[] = []
  #losses: Loss[] = []
  #attempt = new AbortController()
  #isRepairing = false
  /** Stages that have taken their place in this attempt. */
  #placed = new Set<StageLink>()
  #counters: RepairCounters = {
    repairs: 0,
    failures: 0,
    replacedStages: 0,
    restartedSessions: 0,
    replayedRows: 0,
    lastRepairMs: undefined,
  }

  constructor(components: RepairerComponents, init: RepairerInit) {
    this.#components = components
    this.#init = init
    this.#finder = new ReplacementFinder(components, init)
    components.core.onLoss = (loss) => this.#onLoss(loss)
  }

  /** Nodes that wait to take a place, now. */
  get spares(): readonly SpareReport[] {
    return this.#components.spares.idle.map(({ role, link, hot }) => ({
      role,
      node: link.identity.node,
      address: link.identity.address,
      party: link.party,
      hot,
    }))
  }

  /** Makes a node a spare unless it is a stage. */
  enroll({ role, address }: SpareAddress): void {
    const { core, spares } = this.#components
    const isStage = core.membership.all.some(
      ({ link }) => link.dialAddress === address && link.failure === undefined,
    )
    spares.welcome(address)
    if (!isStage) spares.keep({ role, index: 0, address })
  }

  /** Forgets a node that has left. */
  dismiss(address: string): void {
    this.#components.spares.dismiss(address)
  }

  /** What was repaired so far. */
  get counters(): RepairCounters {
    return this.#counters
  }

  #onLoss(loss: Loss): void {
    const { core, log } = this.#components
    const stage = loss.link?.identity ?? {}
    log.warn('stage-lost', {
      pipeline: this.#init.formation.id,
      kind: loss.kind,
      ...stage,
      code: loss.error.code,
      reason: loss.error.message,
    })
    if (this.#init.repairsMax === 0) {
      core.fail(loss.error)
      return
    }
    // What a stage says of the formation before explains nothing of this attempt.
    if (this.#isRepairing && loss.kind === 'next-gone' && !this.#placed.has(loss.link)) return
    this.#losses.push(loss)
    this.#attempt.abort()
    if (!this.#isRepairing) this.#start(loss)
  }

  #start(loss: Loss): void {
    const { core } = this.#components
    this.#isRepairing = true
    this.#repair(loss)
      .catch((cause: unknown) => core.fail(fromUnknown(cause)))
      .finally(() => {
        this.#isRepairing = false
        const [next] = this.#losses
        if (next === undefined || core.failure !== undefined) return
        core.suspend()
        this.#start(next)
      })
  }

  async #repair(first: Loss): Promise<void> {
    const { clock, core, log } = this.#components
    const { id: pipeline } = this.#init.formation
    const over = new AbortController()
    clock.sleep(this.#init.repairMsMax, { signal: AbortSignal.any([over.signal, core.over]) }).then(
      () => over.abort(),
      () => undefined,
    )
    const repair: Repair = {
      startedMs: clock.monotonic(),
      signal: AbortSignal.any([core.over, over.signal]),
      broken: new Set(),
      silent: new Set(),
      isBlamed: false,
      troubles: new Map(),
      left: new Map(),
      isAnew: false,
      isValidatorNew: false,
      replacedStages: 0,
      attempts: 0,
      retryMs: this.#init.repairRetryMsMin,
    }
    log.info('repair-started', { pipeline, epoch: core.membership.epoch, kind: first.kind })
    try {
      await this.#untilRepaired(repair, first.error)
    } finally {
      over.abort()
      // Those that were reached for it and have no place.
      this.#finder.settle(core.membership.all.map(({ link }) => link))
    }
  }

  async #untilRepaired(repair: Repair, cause: ShardlineError): Promise<void> {
    const { clock, core, log } = this.#components
    const { id: pipeline } = this.#init.formation
    let latest = cause
    while (this.#mayTry(repair)) {
      this.#attempt = new AbortController()
      try {
        const recovery = await this.#try(repair)
        await this.#finish(repair, recovery)
        return
      } catch (thrown) {
        if (core.failure !== undefined) return
        const wasLost = this.#losses.length > 0 || repair.isBlamed
        const error = fromUnknown(thrown)
        if (!(error instanceof AbortedError)) latest = error
        log.warn('repair-attempt-failed', { pipeline, code: error.code, reason: error.message })
        // Who was lost meanwhile is replaced at once; else something has to change first.
        if (!wasLost) await this.#pause(repair)
      }
    }
    if (core.failure !== undefined) return
    this.#counters = { ...this.#counters, failures: this.#counters.failures + 1 }
    log.error('repair-failed', {
      pipeline,
      ms: clock.monotonic() - repair.startedMs,
      code: latest.code,
      reason: latest.message,
    })
    core.fail(cause)
  }

  #mayTry(repair: Repair): boolean {
    const nowMs = this.#components.clock.monotonic()
    this.#attempts = this.#attempts.filter((atMs) => nowMs - atMs < this.#init.repairMsMax)
    const { repairsMax, repairsRecentMax } = this.#init
    const isSpent = repair.attempts >= repairsMax || this.#attempts.length >= repairsRecentMax
    if (repair.signal.aborted || isSpent) return false
    this.#attempts.push(nowMs)
    repair.attempts += 1
    return true
  }

  async #pause(repair: Repair): Promise<void> {
    const signal = AbortSignal.any([repair.signal, this.#attempt.signal])
    await this.#components.clock.sleep(repair.retryMs, { signal }).catch(() => undefined)
    repair.retryMs = Math.min(this.#init.repairRetryMsMax, repair.retryMs * 2)
  }

  async #try(repair: Repair): Promise<Recovery> {
    const { membership } = this.#components.core
    const epoch = membership.raise()
    repair.isBlamed = false
    this.#placed = new Set()
    this.#takeLosses(repair)
    const lost = membership.all.filter((member) => this.#isLost(member, repair))
    for (const member of lost) this.#leave(member, repair)
    const signal = AbortSignal.any([repair.signal, this.#attempt.signal])
    if (!repair.isAnew) {
      const replacements = await this.#finder.find(lost, signal)
      if (replacements !== undefined) return this.#reform(repair, { epoch, replacements, signal })
      repair.isAnew = true
    }
    return this.#formAnew(repair, { epoch, lost, signal })
  }

  #takeLosses(repair: Repair): void {
    for (const { kind, link } of this.#losses) if (kind === 'failed') repair.broken.add(link)
    this.#losses = []
  }

  #isLost({ link }: Member, { broken }: Repair): boolean {
    return link.failure !== undefined || broken.has(link)
  }

  /** Nothing that it says counts from now on. A node that answers may get its part anew. */
  #leave({ link }: Member, repair: Repair): void {
    this.#components.core.detach(link)
    const { role, index } = link.identity
    repair.left.set(link.dialAddress, { role, index, address: link.dialAddress })
    if (link.failure === undefined && !repair.silent.has(link)) this.#finder.mayStay(link)
    else void link.close(undefined, 'the stage is lost')
  }

  async #reform(
    repair: Repair,
    {
      epoch,
      replacements,
      signal,
    }: { epoch: Epoch; replacements: ReadonlyMap<Member, Replacement>; signal: AbortSignal },
  ): Promise<Recovery> {
    const { clock, log, core } = this.#components
    const { membership } = core
    const { formation, reformMsMax } = this.#init
    const install = (before: Member, now: Member): Promise<void> => this.#install(repair, before, now)
    const { standing, failures } = await placeStages(
      { clock, log, membership, install, onPlaced: (link) => this.#placed.add(link) },
      { plan: formation, epoch, replacements, reformMsMax, signal },
    )
    if (failures.length > 0) this.#blame(repair, failures)
    const { isValidatorNew, replacedStages } = repair
    return { standing, isAnew: false, isValidatorNew, isRestaged: replacedStages > 0 }
  }

  async #install(repair: Repair, before: Member, now: Member): Promise<void> {
    const { core } = this.#components
    core.membership.replace(before, now)
    core.attach(now.link)
    repair.broken.delete(now.link)
    repair.replacedStages += 1
    if (now.facts.role !== 'validator') return
    repair.isValidatorNew = true
    await core.handOver(now.link)
  }

  /** @throws what explains the failed attempt. */
  #blame(repair: Repair, failures: readonly PlaceFailure[]): never {
    const links = blame(failures, repair.troubles)
    repair.isBlamed = links.length > 0
    for (const link of links) repair.broken.add(link)
    for (const failure of failures) {
      if (failure.error instanceof StageSilentError) repair.silent.add(failure.link)
      if (!isNextTrouble(failure)) continue
      repair.troubles.set(failure.link, (repair.troubles.get(failure.link) ?? 0) + 1)
    }
    this.#finder.giveUp(links)
    throw failures.at(-1)?.error ?? new AbortedError('the repair')
  }

  async #formAnew(
    repair: Repair,
    { epoch, lost, signal }: { epoch: Epoch; lost: readonly Member[]; signal: AbortSignal },
  ): Promise<Recovery> {
    const { core } = this.#components
    const { membership } = core
    const stay = membership.all.filter((member) => !lost.includes(member))
    const others = await this.#finder.all(lost, signal)
    const formation = await formAnew(
      this.#components,
      { ...this.#init.formation, epoch, signal },
      { stay, others, describeMsMax: this.#init.reformMsMax },
    ).catch((cause: unknown) => {
      const [first] = lost
      throw first === undefined ? fromUnknown(cause) : new ReplacementMissingError(first.link.identity, cause)
    })
    const workers = formation.workers.map(memberOf)
    const validator = memberOf(formation.validator)
    membership.renew({ workers, validator })
    for (const { link } of membership.all) core.attach(link)
    repair.replacedStages += lost.length
    return { standing: undefined, isAnew: true, isValidatorNew: true, isRestaged: true }
  }

  async #finish(repair: Repair, recovery: Recovery): Promise<void> {
    const { clock, core, log, spares } = this.#components
    const { id: pipeline } = this.#init.formation
    const { membership } = core
    const gone = membership.all.find(({ link }) => link.failure !== undefined)
    if (gone?.link.failure !== undefined) throw gone.link.failure
    if (this.#losses.length > 0) throw new AbortedError('the repair')
    if (core.failure !== undefined) return
    const { restartedSessions, replayedRows } = await core.resume(recovery)
    const lastRepairMs = clock.monotonic() - repair.startedMs
    const before = this.#counters
    this.#counters = {
      ...before,
      repairs: before.repairs + 1,
      replacedStages: before.replacedStages + repair.replacedStages,
      restartedSessions: before.restartedSessions + restartedSessions,
      replayedRows: before.replayedRows + replayedRows,
      lastRepairMs,
    }
    if (restartedSessions > 0) log.info('sessions-restarted', { pipeline, count: restartedSessions })
    log.info('repair-done', {
      pipeline,
      epoch: membership.epoch,
      ms: lastRepairMs,
      replacedStages: repair.replacedStages,
      replayedRows,
    })
    warnOfClasses(log, membership)
    spares.want(membership.ranges)
    const inUse = new Set(membership.all.map(({ link }) => link.dialAddress))
    for (const place of repair.left.values()) if (!inUse.has(place.address)) spares.keep(place)
  }
}
