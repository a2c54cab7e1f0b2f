import t from 'tap'
import { SPEED } from './arena.ts'
import type { Stage } from './arena.ts'
import { duelSuite } from './duel-suite.ts'

const DUST = 6
/** 15 seconds of the driver's speed each: together more than it does in a minute. */
const VICTIM_TOKENS = 15 * SPEED

const dust = async (stage: Stage): Promise<void> => {
  for (let i = 0; i < DUST; i++) await stage.takeBack(await stage.askItself(1))
}
const dustThatStays = async (stage: Stage): Promise<void> => {
  for (let i = 0; i < DUST; i++) stage.leave(await stage.askItself(1))
}

t.test('dust ratchets against a running market', (t) =>
  duelSuite(t, {
    'dust beside supply': { victimTokens: VICTIM_TOKENS, attack: { beforeVictim: dust } },
    'dust without supply': {
      victimTokens: VICTIM_TOKENS,
      attack: { begin: dust, beforeServing: (stage) => stage.report(SPEED) },
    },
    'dust that is left to expire': { victimTokens: VICTIM_TOKENS, attack: { beforeVictim: dustThatStays } },
    'dust beside capacity that is hidden': {
      victimTokens: VICTIM_TOKENS,
      attack: {
        begin: (stage) => stage.report(SPEED / 50),
        beforeVictim: dust,
        beforeServing: (stage) => stage.report(SPEED),
      },
    },
  }),
)
