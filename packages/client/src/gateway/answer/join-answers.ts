import { assert } from '@shardline/core'
import type { AnswerEvent } from '@shardline/wire'
import type { AnswerReport, AskStream } from '../../answer-source.ts'

type Started = Extract<AnswerEvent, { readonly type: 'started' }>
type Done = Extract<AnswerEvent, { readonly type: 'done' }>

/**
 * Several answers of `choicesEach` choices each as one, whose choices are numbered through. They are read at the same
 * time; leaving the loop cancels all of them.
 */
export function joinAnswers(answers: readonly AskStream[], choicesEach: number): AskStream {
  const [only] = answers
  assert(only !== undefined, 'at least one answer is joined')
  if (answers.length === 1) return only
  const report = Promise.all(answers.map((answer) => answer.report)).then(joinReports)
  // Who only iterates gets the failure there.
  report.catch(() => undefined)
  return { report, [Symbol.asyncIterator]: () => readAll(answers, choicesEach) }
}

interface Source {
  readonly index: number
  readonly events: AsyncIterator<AnswerEvent>
}

async function* readAll(
  answers: readonly AskStream[],
  choicesEach: number,
): AsyncGenerator<AnswerEvent, undefined> {
  const sources = answers.map((answer, index) => ({ index, events: answer[Symbol.asyncIterator]() }))
  const pending = new Map(sources.map((source) => [source, nextOf(source)]))
  const starts: Started[] = []
  const ends: Done[] = []
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values())
      if (result.done === true) {
        pending.delete(source)
        continue
      }
      pending.set(source, nextOf(source))
      const event = result.value
      if (event.type === 'started') starts.push(event)
      else if (event.type === 'done') ends.push(event)
      else yield renumber(event, source.index * choicesEach)
      if (event.type === 'started' && starts.length === answers.length) yield joinStarts(starts)
    }
    if (ends.length === answers.length) yield joinEnds(ends)
  } finally {
    for (const { events } of sources) events.return?.().catch(() => undefined)
    for (const next of pending.values()) next.catch(() => undefined)
  }
  return undefined
}

async function nextOf(
  source: Source,
): Promise<{ readonly source: Source; readonly result: IteratorResult<AnswerEvent> }> {
  return { source, result: await source.events.next() }
}

function renumber(event: AnswerEvent, first: number): AnswerEvent {
  return 'choice' in event ? { ...event, choice: event.choice + first } : event
}

function joinStarts(starts: readonly Started[]): Started {
  const [first] = starts
  assert(first !== undefined, 'at least one answer has started')
  return { ...first, promptTokens: sum(starts, (start) => start.promptTokens) }
}

function joinEnds(ends: readonly Done[]): Done {
  return {
    type: 'done',
    promptTokens: sum(ends, (end) => end.promptTokens),
    outputTokens: sum(ends, (end) => end.outputTokens),
    reusedTokens: sum(ends, (end) => end.reusedTokens),
    timeToFirstTokenMs: Math.min(...ends.map((end) => end.timeToFirstTokenMs)),
    durationMs: Math.max(...ends.map((end) => end.durationMs)),
    isFailover: ends.some((end) => end.isFailover),
  }
}

function joinReports(reports: readonly AnswerReport[]): AnswerReport {
  const [first] = reports
  assert(first !== undefined, 'at least one answer is reported')
  const bills = reports.flatMap(({ billed }) => (billed === undefined ? [] : [billed]))
  return {
    ...first,
    ask: reports.map(({ ask }) => ask).join(','),
    isVerified: reports.every(({ isVerified }) => isVerified),
    isFailover: reports.some(({ isFailover }) => isFailover),
    payment: undefined,
    billed: bills.length === 0 ? undefined : bills.reduce((all, one) => all + one, 0n),
  }
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}
