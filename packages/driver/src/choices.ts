import type { GenerateRequest } from './driver-types.ts'
import { RequestInvalidError } from './errors.ts'
import { CHOICES_MAX } from './limits.ts'

/** Options of {@link choiceRequests}. */
export interface ChoicesInit {
  /** Answers to one prompt. */
  readonly count: number
  /** @default CHOICES_MAX */
  readonly choicesMax?: number
}

/**
 * Requests for several answers to one prompt: answer i is sampled with `seed + i` (from the highest seed it goes on at 0),
 * so each of them can be had again alone. Each is a session of its own; start them together and they share the batches.
 *
 * @throws RequestInvalidError if the count is no whole number from 1 to the most.
 */
export function choiceRequests(request: GenerateRequest, init: ChoicesInit): readonly GenerateRequest[] {
  const { count, choicesMax = CHOICES_MAX } = init
  if (!Number.isSafeInteger(count) || count < 1 || count > choicesMax) {
    throw new RequestInvalidError(`${count} answers were asked for; 1 to ${choicesMax} are possible`)
  }
  const { sampling } = request
  return Array.from({ length: count }, (_, index) => ({
    ...request,
    sampling: { ...sampling, seed: seedAfter(sampling.seed, index) },
  }))
}

function seedAfter(seed: number, steps: number): number {
  const room = Number.MAX_SAFE_INTEGER - seed
  return steps <= room ? seed + steps : steps - room - 1
}
