import t from 'tap'
import { SPEED } from './arena.ts'
import { duelSuite } from './duel-suite.ts'

/** Output tokens of each victim: some seconds of the driver's speed. */
const VICTIM_TOKENS = 2.6 * SPEED

t.test('drivers that hide capacity, against a running market', (t) =>
  duelSuite(t, {
    'capacity that is hidden by a low word': {
      victimTokens: VICTIM_TOKENS,
      attack: {
        begin: (stage) => stage.report(SPEED / 50),
        beforeServing: (stage) => stage.report(SPEED),
      },
    },
    'capacity that is withdrawn while victims come': {
      victimTokens: VICTIM_TOKENS,
      attack: {
        begin: async (stage) => {
          await stage.report(SPEED)
          await stage.report(0)
        },
        beforeServing: (stage) => stage.report(SPEED),
      },
    },
  }),
)
