import { parseArgs } from 'node:util'
import { InvalidValueError } from '@shardline/core'

/** What the demonstration of failover is told. */
export interface DemoOptions {
  /** Undefined is the bundled model. */
  readonly model: string | undefined
  readonly workers: number
  /** Name of the process that dies. */
  readonly kill: string
  readonly prompt: string
  readonly tokens: number
  readonly seed: number
}

const DEFAULTS = {
  workers: '2',
  kill: 'worker-2',
  prompt: 'Tell me a story about a fox and a lost key.',
  tokens: '160',
  seed: '1',
} as const
const WORKERS_MAX = 16
const TOKENS_MIN = 8
const TOKENS_MAX = 4096

/**
 * Reads the command line of `npm run demo:failover`.
 *
 * @throws InvalidValueError naming what can't be used.
 */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const values = parse(args)
  const workers = whole('--workers', values.workers, { least: 1, most: WORKERS_MAX })
  const kill = values.kill === DEFAULTS.kill && workers === 1 ? 'worker-1' : values.kill
  const names = [...Array.from({ length: workers }, (_, index) => `worker-${index + 1}`), 'validator']
  if (!names.includes(kill)) {
    throw new InvalidValueError(`--kill is "${kill}"; allowed is one of ${names.join(', ')}`)
  }
  return {
    model: values.model,
    workers,
    kill,
    prompt: values.prompt,
    tokens: whole('--max-tokens', values['max-tokens'], { least: TOKENS_MIN, most: TOKENS_MAX }),
    seed: whole('--seed', values.seed, { least: 0, most: Number.MAX_SAFE_INTEGER }),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        model: { type: 'string', short: 'm' },
        workers: { type: 'string', short: 'w', default: DEFAULTS.workers },
        kill: { type: 'string', default: DEFAULTS.kill },
        prompt: { type: 'string', short: 'p', default: DEFAULTS.prompt },
        'max-tokens': { type: 'string', short: 'n', default: DEFAULTS.tokens },
        seed: { type: 'string', short: 's', default: DEFAULTS.seed },
      },
    }).values
  } catch (cause) {
    throw new InvalidValueError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function whole(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new InvalidValueError(`${name} is "${text}"; allowed is a whole number from ${least} to ${most}`)
}
