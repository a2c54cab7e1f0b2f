import type { Clock } from '@shardline/core'
import { signStageReceipt } from '@shardline/identity'
import type { Identity, ReceiptRole, StageReceipt } from '@shardline/identity'
import type { PlanMessage, ReceiptAskMessage, ReceiptMessage } from '@shardline/wire'
import { ReceiptRefusedError, ReceiptSignerMissingError } from '../errors.ts'
import type { EvidenceBook } from './evidence-book.ts'
import { rootOfWindows } from './root-of-windows.ts'
import type { SessionEvidence } from './session-evidence.ts'

/** What receipts are signed with. */
export interface ReceiptSigner {
  /** Of the node; undefined signs none. */
  readonly identity: Identity | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** What a receipt is signed about. */
export interface ReceiptSubject {
  readonly role: Exclude<ReceiptRole, 'driver'>
  readonly plan: Pick<PlanMessage, 'modelDigest' | 'layers'>
  readonly numericClass: string
  readonly evidence: EvidenceBook
}

/**
 * Signs what this stage did for an answer.
 *
 * @throws ReceiptSignerMissingError, EvidenceMissingError; ReceiptRefusedError for counts that its rows don't show, and for
 * sessions that it signed for another request or claim.
 */
export async function answerReceiptAsk(
  ask: ReceiptAskMessage,
  signer: ReceiptSigner,
  subject: ReceiptSubject,
): Promise<ReceiptMessage> {
  const { identity, clock } = signer
  if (identity === undefined) throw new ReceiptSignerMissingError()
  const { role, plan, numericClass } = subject
  const { pipeline, fence, model, promptTokens, outputTokens, salt } = ask
  const sessions = ask.sessions.map((id) => subject.evidence.get({ pipeline, id }))
  checkCounts(ask, sessions)
  for (const session of sessions) session.countFor(`request ${ask.ask}, claim ${fence}`)
  const layers = layersOf(plan)
  const windows = sessions.map((session) => session.windows)
  const part = { request: ask.ask, fence, role, layers, numericClass }
  const root = await rootOfWindows({ ...part, modelDigest: plan.modelDigest, salt }, windows)
  const receipt: StageReceipt = { ...part, node: identity.id, model, promptTokens, outputTokens, root }
  const signed = signStageReceipt({ identity, clock, receipt })
  return { kind: 'receipt', request: ask.request, receipt: JSON.stringify(signed), windows }
}

function layersOf({ layers }: ReceiptSubject['plan']): StageReceipt['layers'] {
  return layers === null ? null : { first: layers.first, last: layers.first + layers.count - 1 }
}

/**
 * Each session has run the prompt and all of its tokens but the last one, so the rows bound what can have been delivered.
 * A driver can't have more signed than was computed.
 */
function checkCounts(ask: ReceiptAskMessage, sessions: readonly SessionEvidence[]): void {
  if (sessions.length === 0) throw new ReceiptRefusedError('it names no session')
  if (new Set(ask.sessions).size < sessions.length) throw new ReceiptRefusedError('it names a session twice')
  const rows = sessions.reduce((sum, session) => sum + session.end, 0)
  const tokensMax = rows + sessions.length
  const { promptTokens, outputTokens } = ask
  if (promptTokens + outputTokens <= tokensMax) return
  throw new ReceiptRefusedError(
    `${promptTokens} + ${outputTokens} tokens are to be signed; ${rows} rows of ${sessions.length} sessions show ${tokensMax} at the most`,
  )
}
