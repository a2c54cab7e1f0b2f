import type { ErrorReport } from '../run/error-report.ts'
import type { GivenKey } from './role-key.ts'

/** What a role process tells the process that started it, over the channel between the two. */
export type RoleMessage =
  /** It listens and can be dialed. */
  | { readonly kind: 'ready'; readonly address: string }
  /** It can't go on. */
  | { readonly kind: 'failed'; readonly report: ErrorReport }

/** What the starting process tells a role process. */
export type SupervisorMessage =
  /** End. */
  | { readonly kind: 'stop' }
  /** Who it is: comes first, and goes this way because command lines and environments can be read by others. */
  | { readonly kind: 'key'; readonly seed: string; readonly allow: readonly string[] }

/** Reads a message of a role process; undefined if it is none. */
export function parseRoleMessage(value: unknown): RoleMessage | undefined {
  if (!isRecord(value)) return undefined
  if (value['kind'] === 'ready' && typeof value['address'] === 'string') {
    return { kind: 'ready', address: value['address'] }
  }
  const report = value['report']
  if (value['kind'] !== 'failed' || !isRecord(report)) return undefined
  return {
    kind: 'failed',
    report: {
      code: String(report['code']),
      message: String(report['message']),
      advice: String(report['advice']),
      retryable: report['retryable'] === true,
      details: {},
    },
  }
}

/** Whether a value is the order to stop. */
export function isStopMessage(value: unknown): boolean {
  return isRecord(value) && value['kind'] === 'stop'
}

/** Writes the message that gives a process its key. */
export function keyMessage({ seed, allow }: GivenKey): SupervisorMessage {
  return { kind: 'key', seed: Buffer.from(seed).toString('base64'), allow }
}

/** Reads a message that gives a key; undefined if it is none. */
export function parseKeyMessage(value: unknown): GivenKey | undefined {
  if (!isRecord(value) || value['kind'] !== 'key') return undefined
  const { seed, allow } = value
  if (typeof seed !== 'string' || !Array.isArray(allow)) return undefined
  return { seed: Buffer.from(seed, 'base64'), allow: allow.map(String) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
