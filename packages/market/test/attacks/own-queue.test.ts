import type { RequestId } from '@shardline/market'
import t from 'tap'
import { SPEED } from './arena.ts'
import type { Attack } from './arena.ts'
import { duelSuite } from './duel-suite.ts'

const PIECES = 6
/** Tokens of one piece of what an attacker asks of itself; all of them are half a minute of its speed. */
const PIECE_TOKENS = (30 * SPEED) / PIECES
/** Together less than 16.7 seconds of the driver's speed: beyond, serving oneself can pay (docs/internals/price-attacks.md). */
const VICTIM_TOKENS = 2.6 * SPEED

/** What is asked of oneself before the victims come, and what becomes of it. */
function queue(fate: 'taken back' | 'left' | 'served'): Attack {
  let ids: RequestId[] = []
  return {
    begin: async (stage) => {
      ids = []
      await stage.report(SPEED)
      for (let i = 0; i < PIECES; i++) ids.push(await stage.askItself(PIECE_TOKENS))
      if (fate === 'left') for (const id of ids) stage.leave(id)
    },
    beforeServing: async (stage) => {
      if (fate === 'taken back') for (const id of ids) await stage.takeBack(id)
    },
  }
}

t.test('queues to oneself, against a running market', (t) =>
  duelSuite(t, {
    'a queue to oneself that is taken back': { victimTokens: VICTIM_TOKENS, attack: queue('taken back') },
    'a queue to oneself that is left to expire': { victimTokens: VICTIM_TOKENS, attack: queue('left') },
    'a queue to oneself that is served': { victimTokens: VICTIM_TOKENS, attack: queue('served') },
  }),
)
