import type { AnswerEvent, AnswerToken } from '@shardline/wire'
import { AskFailedError } from '../../errors.ts'
import type { AnswerReport, AskStream } from '../../answer-source.ts'
import { GatewayAnswerIncompleteError } from '../gateway-errors.ts'
import type { Exchange } from './exchange.ts'
import { reportHeaders } from './shardline-report.ts'

/** An event of an answer that isn't its failure, which is thrown. */
export type GoodEvent = Exclude<AnswerEvent, { readonly type: 'failed' }>

/** Start and end of an answer. */
export type StartedEvent = Extract<AnswerEvent, { readonly type: 'started' }>
/** The last event of an answer that is whole. */
export type DoneEvent = Extract<AnswerEvent, { readonly type: 'done' }>

/** One choice of a whole answer. */
export interface CollectedChoice {
  readonly index: number
  readonly text: string
  /** Empty unless they were asked for. */
  readonly tokens: readonly AnswerToken[]
  readonly finishReason: 'stop' | 'length'
}

/** A whole answer. */
export interface CollectedAnswer {
  readonly choices: readonly CollectedChoice[]
  readonly started: StartedEvent
  readonly done: DoneEvent
  readonly report: AnswerReport
}

interface Draft {
  readonly texts: string[]
  readonly tokens: AnswerToken[]
  finishReason: 'stop' | 'length' | undefined
}

/**
 * Reads an answer to its end, and says in the headers how it came about.
 *
 * @throws what ended it; GatewayAnswerIncompleteError if it broke off.
 */
export async function collectAnswer(
  exchange: Exchange,
  answer: AskStream,
  isTokensWanted: boolean,
): Promise<CollectedAnswer> {
  const drafts = new Map<number, Draft>()
  let started: StartedEvent | undefined
  let done: DoneEvent | undefined
  try {
    for await (const event of answer) {
      const good = goodEvent(event)
      if (good.type === 'started') started = good
      else if (good.type === 'done') done = good
      else if (good.type !== 'window' && good.type !== 'restaged')
        addEvent(draftOf(drafts, good.choice), good, isTokensWanted)
    }
    if (started === undefined || done === undefined) throw new GatewayAnswerIncompleteError()
    const report = await answer.report
    exchange.setHeaders(reportHeaders(report))
    return { choices: finished(drafts), started, done, report }
  } catch (cause) {
    throw exchange.causeOf(cause)
  }
}

/** @throws AskFailedError if the event is a failure; GatewayAnswerIncompleteError if a choice was given up. */
export function goodEvent(event: AnswerEvent): GoodEvent {
  if (event.type === 'failed') throw new AskFailedError(event)
  if (event.type === 'choice-ended' && event.finishReason === 'aborted')
    throw new GatewayAnswerIncompleteError()
  return event
}

type ChoiceEvent = Extract<GoodEvent, { readonly type: 'piece' | 'choice-ended' }>

function addEvent(draft: Draft, event: ChoiceEvent, isTokensWanted: boolean): void {
  if (event.type === 'choice-ended') {
    draft.finishReason = event.finishReason === 'length' ? 'length' : 'stop'
    return
  }
  draft.texts.push(event.text)
  if (isTokensWanted) draft.tokens.push(...event.tokens)
}

function draftOf(drafts: Map<number, Draft>, choice: number): Draft {
  const known = drafts.get(choice)
  const draft = known ?? { texts: [], tokens: [], finishReason: undefined }
  if (known === undefined) drafts.set(choice, draft)
  return draft
}

function finished(drafts: ReadonlyMap<number, Draft>): readonly CollectedChoice[] {
  return [...drafts]
    .toSorted(([a], [b]) => a - b)
    .map(([index, { texts, tokens, finishReason }]) => {
      if (finishReason === undefined) throw new GatewayAnswerIncompleteError()
      return { index, text: texts.join(''), tokens, finishReason }
    })
}
