/** What a workload can show. Rates are of all its streams together. */
export type MetricName = 'decodeTokensPerSecond' | 'prefillTokensPerSecond' | 'timeToFirstTokenMs'

/** Work that every subject does alike: some prompts at once, each answered greedily. */
export interface Workload {
  /** Such as `decode of 1 stream`. */
  readonly name: string
  /** Answers that run at the same time. */
  readonly streams: number
  /** Tokens of each prompt. */
  readonly promptTokens: number
  /** Tokens of each answer. */
  readonly newTokens: number
  readonly metrics: readonly MetricName[]
}

/** Sizes of {@link standardWorkloads}. */
export interface WorkloadInit {
  /** Longest sequence of the model. */
  readonly contextLength: number
  /** Whether to use sizes that only show that everything works. */
  readonly isQuick: boolean
}

const PREFILL_TOKENS = 512
const SHORT_PROMPT_TOKENS = 32

/** One stream's decode, prefill of 512 tokens (or what the model takes), and the decode of 8 streams. */
export function standardWorkloads({ contextLength, isQuick }: WorkloadInit): readonly Workload[] {
  const prefill = Math.min(isQuick ? 48 : PREFILL_TOKENS, contextLength - 1)
  const short = Math.min(isQuick ? 8 : SHORT_PROMPT_TOKENS, contextLength >> 2)
  const answer = (tokens: number): number => Math.min(isQuick ? 8 : tokens, contextLength - short)
  return [
    {
      name: 'decode, 1 stream',
      streams: 1,
      promptTokens: short,
      newTokens: answer(128),
      metrics: ['decodeTokensPerSecond', 'timeToFirstTokenMs'],
    },
    {
      name: `prefill of ${prefill}`,
      streams: 1,
      promptTokens: prefill,
      newTokens: 1,
      metrics: ['prefillTokensPerSecond'],
    },
    {
      name: 'decode, 8 streams',
      streams: 8,
      promptTokens: short,
      newTokens: answer(64),
      metrics: ['decodeTokensPerSecond'],
    },
  ]
}

const NOUNS = [
  'fox',
  'key',
  'lantern',
  'river',
  'baker',
  'clock',
  'garden',
  'ship',
  'letter',
  'owl',
  'bridge',
  'coat',
]
const VERBS = [
  'found',
  'lost',
  'carried',
  'painted',
  'followed',
  'forgot',
  'sold',
  'wanted',
  'heard',
  'mended',
]

/**
 * A text of at least `words` words, and so of at least as many tokens, that differs from the texts of other variants
 * from its first words on, so that nobody can reuse what it computed before.
 */
export function promptText(variant: number, words: number): string {
  const parts: string[] = [`Story number ${variant}:`]
  // Two coprime strides through the lists: plain, varied, and the same everywhere.
  for (let i = 0; parts.length * 4 < words + 4; i++) {
    const step = variant * 7 + i
    parts.push(`the ${NOUNS[step % NOUNS.length]} ${VERBS[(step * 3 + 1) % VERBS.length]} something`)
  }
  return parts.join(' ')
}
