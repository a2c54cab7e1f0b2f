import type { Clock, Milliseconds, Random } from '@shardline/core'
import { signStageReceipt } from '@shardline/identity'
import type { StageReceipt } from '@shardline/identity'
import { rootOfWindows } from '@shardline/node'
import type { ReceiptMessage } from '@shardline/wire'
import { StageAnswerUnexpectedError } from '../errors.ts'
import type { StageLink } from '../stage-link.ts'
import { checkBoundaries } from './check-boundaries.ts'
import { checkCoverage } from './check-coverage.ts'
import type { SessionExtent } from './check-coverage.ts'
import { checkStageReceipt } from './check-stage-receipt.ts'
import type { DriverEvidence } from './driver-evidence.ts'
import { participantsOf } from './participants-of.ts'
import type { PipelineReceipts, ReceiptsRequest } from './pipeline-receipts.ts'
import { partOf } from './stage-receipts.ts'
import type { ExpectedReceipt, StageReceipts } from './stage-receipts.ts'

/** A stage that is asked for a receipt. */
export interface ProvingStage {
  readonly link: Pick<StageLink, 'identity' | 'party' | 'request'>
  /** As its `ready` said. */
  readonly numericClass: string
}

/** What {@link collectReceipts} works with. */
export interface ReceiptComponents {
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
  readonly evidence: DriverEvidence
  /** Workers in order of their layers, then the validator. */
  readonly stages: readonly ProvingStage[]
}

/** What is the same for all receipts of a pipeline. */
export interface ReceiptInit {
  readonly pipeline: string
  readonly modelDigest: string
  readonly layerCount: number
  /** Longest wait for one stage's receipt. */
  readonly receiptMsMax: Milliseconds
}

interface SaltedInit extends ReceiptInit {
  /** In hex. */
  readonly salt: string
}

const SALT_BYTES = 32

/**
 * Asks all stages at once for receipts of an answer whose sessions are closed, or of what is out so far of one that runs,
 * checks each and all against each other, and adds the driver's own.
 *
 * @throws ReceiptInvalidError, ReceiptMismatchError, EvidenceMissingError, StageFailedError, StageSilentError, StageLostError,
 * StageAnswerUnexpectedError, AbortedError.
 */
export async function collectReceipts(
  components: ReceiptComponents,
  init: ReceiptInit,
  request: ReceiptsRequest,
): Promise<PipelineReceipts> {
  const { clock, evidence, stages } = components
  const { sessions } = request
  const rows = sessions.map((session) => evidence.get(session))
  const salted = { ...init, salt: Buffer.from(components.random.bytes(SALT_BYTES)).toString('hex') }
  const expected = stages.map((stage) => expectedOf(stage, salted, request))
  const messages = await askAll(components, salted, request)
  const received: StageReceipts[] = []
  for (const [index, message] of messages.entries()) {
    const wanted = expected[index]
    if (wanted === undefined) continue
    const receipts = await checkStageReceipt(message, wanted, clock)
    const isValidator = wanted.receipt.role === 'validator'
    const extents = rows.map(({ end }, place) => ({
      start: isValidator ? evidence.resumedAt(sessions[place] ?? '') : 0,
      ...endOf(request, { end, place }),
    }))
    checkCoverage(receipts, extents)
    received.push(receipts)
  }
  const numericClass = stages.at(-1)?.numericClass ?? ''
  const windows = rows.map((session) => session.windows)
  const own = await ownReceipt({ components, init: salted, request }, { numericClass, windows })
  const parties = [own, ...received]
  checkBoundaries(parties)
  return {
    participants: participantsOf(
      stages.map(({ link }) => link),
      init.layerCount,
    ),
    receipts: parties.map(({ signed }) => ({ ...signed })),
  }
}

/** Each token but the last one has been run by all stages when it is out; those beyond may have been, or not yet. */
function endOf(
  { tokensSoFar, terms }: ReceiptsRequest,
  { end, place }: { readonly end: number; readonly place: number },
): Pick<SessionExtent, 'end' | 'isOpen'> {
  if (tokensSoFar === undefined) return { end, isOpen: false }
  return { end: terms.promptTokens + Math.max(1, tokensSoFar[place] ?? 1) - 1, isOpen: true }
}

function expectedOf(
  { link, numericClass }: ProvingStage,
  { modelDigest, salt }: SaltedInit,
  { terms }: ReceiptsRequest,
): ExpectedReceipt {
  const { identity: stage, party } = link
  const { role, layers } = stage
  const range = layers === undefined ? null : { first: layers.first, last: layers.first + layers.count - 1 }
  const { ask, ...counts } = terms
  return {
    stage,
    party,
    modelDigest,
    salt,
    receipt: { request: ask, ...counts, role, layers: range, numericClass },
  }
}

async function askAll(
  { stages }: ReceiptComponents,
  { pipeline, receiptMsMax, salt }: SaltedInit,
  { sessions, terms, signal }: ReceiptsRequest,
): Promise<readonly ReceiptMessage[]> {
  const others = new AbortController()
  const either = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal])
  const options = { what: 'its receipt', silenceMsMax: receiptMsMax, onProgress: undefined, signal: either }
  const { ask, fence, model, promptTokens, outputTokens } = terms
  const asked = { pipeline, sessions, ask, fence, model, promptTokens, outputTokens, salt }
  try {
    return await Promise.all(
      stages.map(async ({ link }) => {
        const reply = await link.request(
          (number) => ({ kind: 'receipt-ask', request: number, ...asked }),
          options,
        )
        if (reply.kind === 'receipt') return reply
        throw new StageAnswerUnexpectedError(link.identity, `${reply.kind} to receipt-ask`)
      }),
    )
  } finally {
    others.abort()
  }
}

interface Collecting {
  readonly components: ReceiptComponents
  readonly init: SaltedInit
  readonly request: ReceiptsRequest
}

async function ownReceipt(
  { components, init, request }: Collecting,
  { numericClass, windows }: Pick<StageReceipt, 'numericClass'> & Pick<StageReceipts, 'windows'>,
): Promise<StageReceipts> {
  const { identity, terms } = request
  const { ask, ...counts } = terms
  const receipt = { request: ask, ...counts, role: 'driver' as const, layers: null, numericClass }
  const root = await rootOfWindows(partOf({ receipt, ...init }), windows)
  const whole: StageReceipt = { ...receipt, node: identity.id, root }
  const signed = signStageReceipt({ identity, clock: components.clock, receipt: whole })
  return { stage: undefined, signed, windows }
}
