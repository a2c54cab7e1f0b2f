import t from 'tap'
import { dialAddresses } from '../../src/enlist/dial-addresses.ts'

const RELAYED = `relay://relay.example:7400/shard1${'q'.repeat(58)}`

t.test('a node is dialed where it says, and from where it came if it listens everywhere', async (t) => {
  const told = ['ws://0.0.0.0:7101', 'ws://10.0.0.2:7101/', 'wss://node.example:443', RELAYED]
  t.same(dialAddresses(told, '192.0.2.7:51820'), [
    'ws://192.0.2.7:7101',
    'ws://10.0.0.2:7101',
    'wss://node.example:443',
    RELAYED,
  ])
  t.same(dialAddresses(['ws://[::]:7101'], '2001:db8::7:51820'), ['ws://[2001:db8::7]:7101'])
  t.same(dialAddresses(['ws://0.0.0.0:7101'], '::ffff:192.0.2.7:51820'), ['ws://192.0.2.7:7101'])
})

t.test('what can not be dialed is left out, and nothing is dialed twice', async (t) => {
  const wrong = ['http://a:1', 'ws://a', 'relay://relay.example:7400', 'ws://', '', 'file:///etc/passwd']
  t.same(dialAddresses(wrong, '192.0.2.7:1'), [])
  t.same(dialAddresses(['ws://0.0.0.0:1'], 'memory:node'), [], 'nobody knows where it came from')
  t.same(dialAddresses(['ws://0.0.0.0:1', 'ws://192.0.2.7:1'], '192.0.2.7:9'), ['ws://192.0.2.7:1'])
})
