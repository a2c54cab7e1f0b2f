import type { Clock, Epoch, LayerRange, Log, Milliseconds } from '@shardline/core'
import { AbortedError, fromUnknown } from '@shardline/core'
import type { ReformedMessage } from '@shardline/wire'
import { StageAnswerUnexpectedError } from '../errors.ts'
import type { StagePlanInit } from '../load-stage.ts'
import { loadStage } from '../load-stage.ts'
import { memberOf } from '../member-of.ts'
import type { Member, Membership } from '../membership.ts'
import type { Standing } from '../sent-rows.ts'
import type { StageLink } from '../stage-link.ts'
import type { PlaceFailure } from './blame.ts'
import { isNextTrouble, isOwnLoss } from './blame.ts'
import type { Replacement } from './replacement.ts'

/** What {@link placeStages} works with. */
export interface PlaceComponents {
  readonly clock: Clock
  readonly log: Log
  readonly membership: Membership
  /** A replacement is ready: it takes the place of `before`. For a validator it resolves when that knows its answers. */
  readonly install: (before: Member, now: Member) => Promise<void>
  /** A stage has taken its place. */
  readonly onPlaced: (link: StageLink) => void
}

/** What {@link placeStages} is to do. */
export interface PlaceInit {
  readonly plan: StagePlanInit
  readonly epoch: Epoch
  readonly replacements: ReadonlyMap<Member, Replacement>
  readonly reformMsMax: Milliseconds
  readonly signal: AbortSignal
}

/** What came of an attempt to put all stages in place. */
export interface Placing {
  /** How worker 1 stands with the sessions; undefined if it was planned anew. */
  readonly standing: ReadonlyMap<string, Standing> | undefined
  /** In order of the stages; none if all are in place. */
  readonly failures: readonly PlaceFailure[]
}

interface Seat {
  readonly member: Member
  readonly link: StageLink
  readonly replacement: Replacement | undefined
  readonly next: StageLink | undefined
}

/**
 * Lets all stages go on under a higher epoch at the same time: those that stay keep layers and sessions, replacements get
 * the part of the stage that they replace. Only the stage before a new validator waits until that knows its answers, because
 * rows must not come before.
 *
 * Returns when each has answered, failed, or been given up. As soon as one fails the attempt has failed: nobody is waited for
 * any more. Only where a stage has trouble with the next one, those behind it are still heard: their failures explain it.
 */
export async function placeStages(components: PlaceComponents, init: PlaceInit): Promise<Placing> {
  const seats = seatsOf(components.membership.all, init.replacements)
  const all = new AbortController()
  const signal = AbortSignal.any([init.signal, all.signal])
  const waits = new Map(seats.map((seat) => [seat, new AbortController()]))
  const failures = new Map<Seat, PlaceFailure>()
  let standing: ReadonlyMap<string, Standing> | undefined
  let before: Promise<void> = Promise.resolve()
  const placed: Promise<void>[] = []
  for (const seat of seats.toReversed()) {
    // Only for the validator's neighbour this is more than nothing.
    const next = before
    const own = AbortSignal.any([signal, waits.get(seat)?.signal ?? signal])
    const place = async (): Promise<void> => {
      await next
      const sessions = await (seat.replacement === undefined
        ? reform(seat, { ...init, signal: own })
        : replace(components, seat, { ...init, signal: own }))
      components.onPlaced(seat.link)
      if (seat === seats[0]) standing = sessions
    }
    const outcome = place().catch((cause: unknown) => {
      const failure = {
        link: seat.link,
        next: seat.next?.failure === undefined ? seat.next : undefined,
        error: fromUnknown(cause),
      }
      if (!own.aborted || isOwnLoss(failure)) failures.set(seat, failure)
      if (!isNextTrouble(failure)) all.abort()
      // They wait for this one.
      else for (const before of seats.slice(0, seats.indexOf(seat))) waits.get(before)?.abort()
    })
    placed.push(outcome)
    before = seat.next === undefined && seat.replacement !== undefined ? outcome : Promise.resolve()
  }
  await Promise.all(placed)
  if (init.signal.aborted) throw new AbortedError('the repair', init.signal.reason)
  return { standing, failures: seats.flatMap((seat) => failures.get(seat) ?? []) }
}

function seatsOf(
  members: readonly Member[],
  replacements: ReadonlyMap<Member, Replacement>,
): readonly Seat[] {
  const linkOf = (member: Member): StageLink => replacements.get(member)?.link ?? member.link
  return members.map((member, index) => {
    const next = members[index + 1]
    return {
      member,
      link: linkOf(member),
      replacement: replacements.get(member),
      next: next === undefined ? undefined : linkOf(next),
    }
  })
}

async function reform(
  { link, next }: Seat,
  { plan, epoch, reformMsMax, signal }: PlaceInit,
): Promise<ReadonlyMap<string, Standing>> {
  const reply = await link.request(
    (request) => ({ kind: 'reform', request, pipeline: plan.id, epoch, next: next?.dialAddress ?? null }),
    { what: 'it to go on', silenceMsMax: reformMsMax, onProgress: undefined, signal },
  )
  if (reply.kind !== 'reformed' || reply.pipeline !== plan.id || reply.epoch !== epoch)
    throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to reform`)
  return standingOf(reply)
}

async function replace(
  { clock, log, install }: PlaceComponents,
  { member, link, next, replacement }: Seat,
  { plan, epoch, signal }: PlaceInit,
): Promise<undefined> {
  const startedMs = clock.monotonic()
  const { identity } = member.link
  const { layers } = member.facts
  const spare = replacement?.spare
  // What it holds for another part may take the memory; what it holds for this one is shared.
  const isHot = spare?.hot.some((hot) => isSame(hot, layers)) ?? false
  if (!isHot) await spare?.release()
  link.identify({ index: identity.index, layers })
  const ready = await loadStage(link, { init: plan, epoch, next: next?.dialAddress ?? null, signal })
  await install(member, memberOf({ link, ready }))
  void spare?.release()
  log.info('stage-replaced', {
    pipeline: plan.id,
    epoch,
    ...link.identity,
    lost: member.facts.node,
    isHot,
    ms: clock.monotonic() - startedMs,
  })
  return undefined
}

function isSame(a: LayerRange | undefined, b: LayerRange | undefined): boolean {
  return a?.first === b?.first && a?.count === b?.count
}

function standingOf({ sessions }: ReformedMessage): ReadonlyMap<string, Standing> {
  return new Map(sessions.map(({ session, turn, length }) => [session, { turn, length }]))
}
