import { SeededRandom } from '@shardline/core'
import { createIdentity } from '@shardline/identity'
import { signNodePass } from '@shardline/node'
import t from 'tap'
import { joinPlaces } from '../../src/node/join-places.ts'

const door = await createIdentity(new SeededRandom(6))
const invite = (...addresses: readonly string[]) => ({
  door: door.id,
  addresses,
  pass: signNodePass(door, 1),
})
const NOWHERE = { listen: undefined, relay: [] }
const RELAYED = `relay://relay.example:7400/${door.id}`

t.test('a node that nobody invited listens where it is told', async (t) => {
  t.strictSame(joinPlaces(NOWHERE, undefined), NOWHERE)
})

t.test('an invited node listens where it is told, if it is', async (t) => {
  const listen = { host: '10.0.0.2', port: 9000 }
  t.strictSame(joinPlaces({ listen, relay: [] }, invite(RELAYED)), { listen, relay: [] })
  const relay = ['relay://other.example:7400']
  t.strictSame(joinPlaces({ listen: undefined, relay }, invite('ws://10.0.0.1:7250')), {
    listen: undefined,
    relay,
  })
})

t.test('an invited node goes where its driver reaches it', async (t) => {
  t.strictSame(joinPlaces(NOWHERE, invite(RELAYED, RELAYED)), {
    listen: undefined,
    relay: ['relay://relay.example:7400'],
  })
  t.match(joinPlaces(NOWHERE, invite('ws://10.0.0.1:7250', 'ws://127.0.0.1:7250')), {
    listen: { host: '0.0.0.0' },
    relay: [],
  })
  t.match(joinPlaces(NOWHERE, invite('ws://127.0.0.1:7250')), { listen: { host: '127.0.0.1' }, relay: [] })
})
