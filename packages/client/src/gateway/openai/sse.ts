/** What ends a stream of a chat or a completion. */
export const SSE_DONE = 'data: [DONE]\n\n'

/** One server-sent event; `name` is only given where clients look at it. */
export function sse(data: unknown, name?: string): string {
  const event = name === undefined ? '' : `event: ${name}\n`
  return `${event}data: ${JSON.stringify(data)}\n\n`
}
