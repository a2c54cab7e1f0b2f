import { StopStringInvalidError } from './sampler-errors.ts'
import { STOP_STRING_CHARS_MAX, STOP_STRINGS_MAX } from './sampler-limits.ts'

/** Text that is certain, and whether a stop string ended it. */
export interface StopStringOutput {
  /** Text that belongs to the answer for sure; may be empty. */
  readonly text: string
  /** Whether a stop string was found. Once true, it stays so and no more text comes. */
  readonly isStopped: boolean
}

/**
 * Cuts a text that arrives in pieces at the first stop string.
 *
 * All texts that it returned together are the whole text up to the earliest start of any stop string, however it was cut into pieces.
 * It holds back no more than what could still be the start of a stop string.
 */
export interface StopStringMatcher {
  /** Takes the next piece. */
  push(text: string): StopStringOutput
  /** Takes the end of the text: what was held back becomes certain. */
  end(): StopStringOutput
}

/** Limits that a host may change. */
export interface StopStringLimits {
  /** @default STOP_STRINGS_MAX */
  readonly stopStringsMax?: number
  /** @default STOP_STRING_CHARS_MAX */
  readonly stopStringCharsMax?: number
}

/**
 * Makes a matcher for one answer.
 *
 * @throws StopStringInvalidError if a stop string is empty, too long or ends inside a character, or if there are too many.
 */
export function createStopStringMatcher(
  stops: readonly string[],
  limits: StopStringLimits = {},
): StopStringMatcher {
  checkStops(stops, limits)
  return new Matcher(stops)
}

class Matcher implements StopStringMatcher {
  readonly #stops: readonly string[]
  #held = ''
  #isStopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops
  }

  push(text: string): StopStringOutput {
    if (this.#isStopped) return { text: '', isStopped: true }
    this.#held += text
    return this.#release({ isEnd: false })
  }

  end(): StopStringOutput {
    if (this.#isStopped) return { text: '', isStopped: true }
    return this.#release({ isEnd: true })
  }

  /**
   * Looks for the first place where a stop string is, or (before the end) could still become one.
   * A possible start wins over a stop string that is complete further on: if it becomes one, it is the earlier.
   */
  #release({ isEnd }: { readonly isEnd: boolean }): StopStringOutput {
    const held = this.#held
    for (let at = 0; at < held.length; at++) {
      if (this.#stops.some((stop) => held.startsWith(stop, at))) {
        this.#held = ''
        this.#isStopped = true
        return { text: held.slice(0, at), isStopped: true }
      }
      if (!isEnd && this.#stops.some((stop) => isStartOf(stop, held, at))) {
        this.#held = held.slice(at)
        return { text: held.slice(0, at), isStopped: false }
      }
    }
    this.#held = ''
    return { text: held, isStopped: false }
  }
}

/** Whether all of `text` from `at` on is a start of `stop`. */
function isStartOf(stop: string, text: string, at: number): boolean {
  return text.length - at < stop.length && stop.startsWith(text.slice(at))
}

function checkStops(stops: readonly string[], limits: StopStringLimits): void {
  const stringsMax = limits.stopStringsMax ?? STOP_STRINGS_MAX
  const charsMax = limits.stopStringCharsMax ?? STOP_STRING_CHARS_MAX
  if (stops.length > stringsMax) {
    throw new StopStringInvalidError(
      `${stops.length} stop strings were given`,
      `at most ${stringsMax} are allowed`,
    )
  }
  for (const [index, stop] of stops.entries()) {
    const label = `stop string ${index + 1}`
    if (stop === '')
      throw new StopStringInvalidError(`${label} is empty`, 'it must have at least one character')
    if (stop.length > charsMax) {
      throw new StopStringInvalidError(
        `${label} has ${stop.length} characters`,
        `at most ${charsMax} are allowed`,
      )
    }
    if (/\p{Surrogate}/u.test(stop)) {
      throw new StopStringInvalidError(
        `${label} holds half a character`,
        'it must be whole Unicode characters',
      )
    }
  }
}
