import { assert } from '@shardline/core'
import type { Message, MessageKind } from './message.ts'
import { answerHeader } from './messages/answer.ts'
import { askCancelHeader } from './messages/ask-cancel.ts'
import { askRefusedHeader } from './messages/ask-refused.ts'
import { askHeader } from './messages/ask.ts'
import { byeHeader } from './messages/bye.ts'
import { describeHeader } from './messages/describe.ts'
import { descriptionHeader } from './messages/description.ts'
import { enlistHeader } from './messages/enlist.ts'
import { enlistedHeader } from './messages/enlisted.ts'
import { errorHeader } from './messages/error.ts'
import type { HeaderSchema } from './messages/header-schema.ts'
import { helloHeader } from './messages/hello.ts'
import { hiddenHeader } from './messages/hidden.ts'
import { joinHeader } from './messages/join.ts'
import { leavingHeader } from './messages/leaving.ts'
import { measureHeader } from './messages/measure.ts'
import { measuredHeader } from './messages/measured.ts'
import { offerHeader } from './messages/offer.ts'
import { pingHeader } from './messages/ping.ts'
import { planHeader } from './messages/plan.ts'
import { pongHeader } from './messages/pong.ts'
import { progressHeader } from './messages/progress.ts'
import { readyHeader } from './messages/ready.ts'
import { receiptAskHeader } from './messages/receipt-ask.ts'
import { receiptHeader } from './messages/receipt.ts'
import { reformHeader } from './messages/reform.ts'
import { reformedHeader } from './messages/reformed.ts'
import { standingHeader } from './messages/standing.ts'
import { relayCallHeader } from './messages/relay-call.ts'
import { relayRegisterHeader } from './messages/relay-register.ts'
import { relayRegisteredHeader } from './messages/relay-registered.ts'
import { releaseHeader } from './messages/release.ts'
import { sessionClosedHeader } from './messages/session-closed.ts'
import { sessionOpenHeader } from './messages/session-open.ts'
import { sessionOpenedHeader } from './messages/session-opened.ts'
import { tokensHeader } from './messages/tokens.ts'
import { weightsAskHeader } from './messages/weights-ask.ts'
import { weightsHeader } from './messages/weights.ts'
import { welcomeHeader } from './messages/welcome.ts'

/** What the catalogue says of one kind of message. */
export interface CatalogueEntry<M> {
  /** Number of the kind in the frame's prefix. Never given to another kind. */
  readonly id: number
  readonly schema: HeaderSchema<M>
}

/** Every kind of message, its number on the wire and the schema of its header. */
export const CATALOGUE: {
  readonly [K in MessageKind]: CatalogueEntry<Extract<Message, { readonly kind: K }>>
} = {
  hello: { id: 1, schema: helloHeader },
  welcome: { id: 2, schema: welcomeHeader },
  bye: { id: 3, schema: byeHeader },
  ping: { id: 4, schema: pingHeader },
  pong: { id: 5, schema: pongHeader },
  error: { id: 6, schema: errorHeader },
  describe: { id: 16, schema: describeHeader },
  description: { id: 17, schema: descriptionHeader },
  plan: { id: 18, schema: planHeader },
  progress: { id: 19, schema: progressHeader },
  ready: { id: 20, schema: readyHeader },
  release: { id: 21, schema: releaseHeader },
  leaving: { id: 22, schema: leavingHeader },
  reform: { id: 23, schema: reformHeader },
  reformed: { id: 24, schema: reformedHeader },
  measure: { id: 25, schema: measureHeader },
  measured: { id: 26, schema: measuredHeader },
  join: { id: 32, schema: joinHeader },
  'session-open': { id: 33, schema: sessionOpenHeader },
  'session-opened': { id: 34, schema: sessionOpenedHeader },
  hidden: { id: 35, schema: hiddenHeader },
  tokens: { id: 36, schema: tokensHeader },
  'session-closed': { id: 37, schema: sessionClosedHeader },
  standing: { id: 38, schema: standingHeader },
  'receipt-ask': { id: 39, schema: receiptAskHeader },
  receipt: { id: 40, schema: receiptHeader },
  offer: { id: 48, schema: offerHeader },
  ask: { id: 49, schema: askHeader },
  answer: { id: 50, schema: answerHeader },
  'ask-cancel': { id: 51, schema: askCancelHeader },
  'ask-refused': { id: 52, schema: askRefusedHeader },
  'relay-register': { id: 64, schema: relayRegisterHeader },
  'relay-registered': { id: 65, schema: relayRegisteredHeader },
  'relay-call': { id: 66, schema: relayCallHeader },
  'weights-ask': { id: 80, schema: weightsAskHeader },
  weights: { id: 81, schema: weightsHeader },
  enlist: { id: 96, schema: enlistHeader },
  enlisted: { id: 97, schema: enlistedHeader },
}

/** All kinds, in the order of their numbers. */
export const MESSAGE_KINDS: readonly MessageKind[] = (Object.keys(CATALOGUE) as MessageKind[]).toSorted(
  (a, b) => CATALOGUE[a].id - CATALOGUE[b].id,
)

const KIND_BY_ID: readonly (MessageKind | undefined)[] = indexById()

/** The kind with this number, if there is one. */
export function kindOfId(id: number): MessageKind | undefined {
  return KIND_BY_ID[id]
}

function indexById(): readonly (MessageKind | undefined)[] {
  const kinds: (MessageKind | undefined)[] = []
  for (const kind of MESSAGE_KINDS) {
    const { id } = CATALOGUE[kind]
    assert(kinds[id] === undefined, 'each kind has a number of its own', { kind, id })
    kinds[id] = kind
  }
  return kinds
}
