import type { SamplingFlags } from '../options/sampling-flags.ts'

/** Sampling flags written as a command line again, so that another process takes them as its own. */
export function samplingArguments(flags: Partial<SamplingFlags>): readonly string[] {
  const written: string[] = []
  const add = (option: string, value: number | string | undefined): void => {
    // One word, so that a text that starts with a dash is no option.
    if (value !== undefined) written.push(`${option}=${value}`)
  }
  add('--max-tokens', flags.maxTokens)
  add('--temperature', flags.temperature)
  add('--top-p', flags.topP)
  add('--top-k', flags.topK)
  add('--min-p', flags.minP)
  add('--repetition-penalty', flags.repetitionPenalty)
  add('--presence-penalty', flags.presencePenalty)
  add('--frequency-penalty', flags.frequencyPenalty)
  add('--seed', flags.seed)
  for (const text of flags.stop ?? []) add('--stop', text)
  return written
}
