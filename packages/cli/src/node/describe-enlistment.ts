import type { EnlistmentState } from '@shardline/node'

/** How a node stands with the driver that invited it, in one line. */
export function describeEnlistment(role: string, state: EnlistmentState): string {
  switch (state.kind) {
    case 'enlisted': {
      const rest = state.missing === '' ? '' : `; the driver waits for nodes; missing: ${state.missing}`
      return `${role}: enlisted with ${state.driver}, which reaches it at ${state.address}${rest}`
    }
    case 'away':
      return `${role}: not enlisted, and tries again: ${state.error.message} [${state.error.code}]`
    case 'refused':
      return `${role}: refused: ${state.error.message} [${state.error.code}]`
    case 'left':
      return `${role}: has left its driver`
  }
}
