import t from 'tap'
import { HandshakeGate, networkOf } from '../../src/secure/handshake-gate.ts'

/** A gate, and who had to go, in order. */
function gateWithLog(init: { readonly openMax: number; readonly perAddressMax: number }) {
  const evicted: string[] = []
  const gate = new HandshakeGate(init)
  const enter = (host: string, name: string): (() => void) => gate.enter(host, () => evicted.push(name))
  return { gate, evicted, enter }
}

t.test('lets the oldest go when there are too many', async (t) => {
  const { gate, evicted, enter } = gateWithLog({ openMax: 3, perAddressMax: 3 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) enter(`10.0.0.${name.charCodeAt(0)}`, name)
  t.strictSame(evicted, ['a', 'b'])
  t.equal(gate.size, 3)
})

t.test('lets the oldest of an address go when that has too many, and leaves others alone', async (t) => {
  const { gate, evicted, enter } = gateWithLog({ openMax: 10, perAddressMax: 2 })
  enter('10.0.0.1', 'honest')
  for (const name of ['a', 'b', 'c', 'd']) enter('10.0.0.2', name)
  t.strictSame(evicted, ['a', 'b'])
  t.equal(gate.size, 3)
})

t.test('does not count who is done, or gone', async (t) => {
  const { gate, evicted, enter } = gateWithLog({ openMax: 2, perAddressMax: 2 })
  const leave = enter('10.0.0.1', 'a')
  leave()
  leave()
  enter('10.0.0.1', 'b')
  const leaveC = enter('10.0.0.1', 'c')
  t.strictSame(evicted, [])
  t.equal(gate.size, 2)
  enter('10.0.0.1', 'd')
  t.strictSame(evicted, ['b'])
  leaveC()
  t.equal(gate.size, 1)
})

t.test('counts IPv6 by networks of 64 bits, and mapped IPv4 as IPv4', async (t) => {
  t.equal(networkOf('2001:db8:0:1:aaaa::1'), networkOf('2001:DB8::1:0:0:0:2'))
  t.not(networkOf('2001:db8:0:1::1'), networkOf('2001:db8:0:2::1'))
  t.equal(networkOf('::1'), '0:0:0:0')
  t.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2%eth1'))
  t.equal(networkOf('::ffff:10.1.2.3'), '10.1.2.3')
  t.equal(networkOf('10.1.2.3'), '10.1.2.3')
  t.equal(networkOf('unknown'), 'unknown')
})
