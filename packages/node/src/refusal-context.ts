import type { Message, RequestId } from '@shardline/wire'

/** What a refusal belongs to. */
export interface RefusalContext {
  readonly request?: RequestId
  readonly pipeline?: string
  /** Sessions that lose rows by it. */
  readonly sessions?: readonly string[]
  /** Whether the pipeline can't go on. */
  readonly isFatal?: boolean
}

/** What the refusal of a message belongs to. Refused hidden states leave holes in the sessions that they name. */
export function refusalContext(message: Message): RefusalContext {
  const request = 'request' in message && message.request !== null ? { request: message.request } : {}
  const pipeline = 'pipeline' in message && message.pipeline !== null ? { pipeline: message.pipeline } : {}
  const sessions =
    message.kind === 'hidden'
      ? { sessions: [...new Set(message.segments.map(({ session }) => session))] }
      : {}
  return { ...request, ...pipeline, ...sessions, isFatal: message.kind === 'plan' }
}
