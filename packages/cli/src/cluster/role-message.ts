import type { ErrorReport } from '../run/error-report.ts'

/** What a role process tells the process that started it, over the channel between the two. */
export type RoleMessage =
  /** It listens and can be dialed. */
  | { readonly kind: 'ready'; readonly address: string }
  /** It can't go on. */
  | { readonly kind: 'failed'; readonly report: ErrorReport }

/** What the starting process tells a role process. */
export type SupervisorMessage = { readonly kind: 'stop' }

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
export function isStopMessage(value: unknown): value is SupervisorMessage {
  return isRecord(value) && value['kind'] === 'stop'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
