import type { ServerResponse } from 'node:http'

/** Acts once when an answer is over, sent or not: at once if it already is. */
export function onClose(raw: ServerResponse, act: () => void): void {
  if (raw.destroyed || raw.closed) act()
  else raw.once('close', act)
}
