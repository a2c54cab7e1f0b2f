import { assert } from '@shardline/core'
import type { AnswerEvent } from '@shardline/wire'
import type { TokenCounts } from '../market/market-request.ts'
import { AnswerDivergedError } from './source-errors.ts'

type Of<Type extends AnswerEvent['type']> = Extract<AnswerEvent, { readonly type: Type }>

/** One choice: what the user has of it, and how far the present run has come. */
interface Choice {
  readonly tokenIds: number[]
  text: string
  end: Of<'choice-ended'> | undefined
  /** Tokens whose windows the user has. */
  signedTokens: number
  run: Run
}

/** How far a run has come. */
interface Run {
  tokens: number
  chars: number
  signedTokens: number
}

/**
 * Makes one answer of several runs: passes on what is new, and checks that what the user has already comes out the same.
 * A run that was cut off is followed by one that begins anew, with the same prompt and seed.
 */
export class AnswerRelay {
  readonly #choices: readonly Choice[]
  #started: Of<'started'> | undefined
  #starts = 0

  constructor(choices: number) {
    this.#choices = Array.from({ length: choices }, () => ({
      tokenIds: [],
      text: '',
      end: undefined,
      signedTokens: 0,
      run: newRun(),
    }))
  }

  /** Whether a run began that was not the first. */
  get isResumed(): boolean {
    return this.#starts > 1
  }

  /** Tokens of the present run that the validator has signed: what is to be acknowledged. */
  get verified(): TokenCounts {
    const output = this.#choices.reduce((sum, { run }) => sum + run.signedTokens, 0)
    return { prompt: output === 0 ? 0 : (this.#started?.promptTokens ?? 0), output }
  }

  /** From here on events are of a new run. */
  begin(): void {
    for (const choice of this.#choices) choice.run = newRun()
  }

  /**
   * Takes an event of the present run, already verified; what the user is to get of it, if anything.
   *
   * @throws AnswerDivergedError
   */
  take(event: AnswerEvent): AnswerEvent | undefined {
    switch (event.type) {
      case 'started':
        return this.#start(event)
      case 'piece':
        return this.#piece(event, this.#choice(event.choice))
      case 'window':
        return this.#window(event, this.#choice(event.choice))
      case 'choice-ended':
        return this.#end(event, this.#choice(event.choice))
      case 'done':
        return { ...event, isFailover: event.isFailover || this.isResumed }
      case 'restaged':
      case 'failed':
        return event
    }
  }

  #start(event: Of<'started'>): AnswerEvent {
    const before = this.#started
    this.#started ??= event
    this.#starts += 1
    if (before === undefined) return event
    if (before.promptTokens !== event.promptTokens) {
      throw diverged(event, 0, `the prompt has ${event.promptTokens} tokens; it had ${before.promptTokens}`)
    }
    return { type: 'restaged', stages: event.stages }
  }

  #piece(event: Of<'piece'>, choice: Choice): AnswerEvent | undefined {
    const { run } = choice
    const isLonger =
      run.tokens + event.tokens.length > choice.tokenIds.length ||
      run.chars + event.text.length > choice.text.length
    if (choice.end !== undefined && isLonger) {
      throw diverged(event, choice.tokenIds.length, 'it goes on after its end')
    }
    const isReplay = run.tokens < choice.tokenIds.length || run.chars < choice.text.length
    if (!isReplay) {
      choice.tokenIds.push(...event.tokens.map(({ id }) => id))
      choice.text += event.text
      run.tokens = choice.tokenIds.length
      run.chars = choice.text.length
      return event
    }
    const tokens = newTokens(event, choice)
    const text = newText(event, choice)
    return tokens.length === 0 && text === '' ? undefined : { ...event, tokens, text }
  }

  /** Windows that sign nothing new are left out. */
  #window(event: Of<'window'>, choice: Choice): AnswerEvent | undefined {
    choice.run.signedTokens += event.tokenIds.length
    const isNew = choice.run.signedTokens > choice.signedTokens || !this.isResumed || event.end !== 'none'
    choice.signedTokens = Math.max(choice.signedTokens, choice.run.signedTokens)
    return isNew && choice.end === undefined ? event : undefined
  }

  #end(event: Of<'choice-ended'>, choice: Choice): AnswerEvent | undefined {
    const { end, run } = choice
    if (run.tokens < choice.tokenIds.length || run.chars < choice.text.length) {
      throw diverged(event, run.tokens, 'it ends earlier')
    }
    choice.end ??= event
    if (end === undefined) return event
    if (end.finishReason === event.finishReason && end.tokens === event.tokens) return undefined
    throw diverged(event, end.tokens, `it ended by ${end.finishReason}, and now by ${event.finishReason}`)
  }

  #choice(index: number): Choice {
    const choice = this.#choices[index]
    assert(choice !== undefined, 'events that were verified are of choices that were asked for', { index })
    return choice
  }
}

/** Tokens beyond those that the user has. @throws AnswerDivergedError if one that it has differs. */
function newTokens(event: Of<'piece'>, choice: Choice): Of<'piece'>['tokens'] {
  const first = choice.run.tokens
  const known = choice.tokenIds.slice(first, first + event.tokens.length)
  const differs = known.findIndex((id, place) => event.tokens[place]?.id !== id)
  if (differs >= 0) throw diverged(event, first + differs, 'another token')
  const fresh = event.tokens.slice(known.length)
  choice.tokenIds.push(...fresh.map(({ id }) => id))
  choice.run.tokens += event.tokens.length
  return fresh
}

/** Text beyond what the user has. @throws AnswerDivergedError if what it has differs. */
function newText(event: Of<'piece'>, choice: Choice): string {
  const first = choice.run.chars
  const known = choice.text.slice(first, first + event.text.length)
  if (!event.text.startsWith(known)) throw diverged(event, choice.run.tokens, 'another text')
  const fresh = event.text.slice(known.length)
  choice.text += fresh
  choice.run.chars += event.text.length
  return fresh
}

function newRun(): Run {
  return { tokens: 0, chars: 0, signedTokens: 0 }
}

function diverged(event: AnswerEvent, token: number, what: string): AnswerDivergedError {
  return new AnswerDivergedError({ choice: 'choice' in event ? event.choice : 0, token }, what)
}
