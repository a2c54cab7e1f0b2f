import t from 'tap'
import { formatRelayAddress, isRelayAddress, parseRelayAddress } from '../../src/index.ts'

t.test('reads addresses of relays, and of nodes behind them', async (t) => {
  t.strictSame(parseRelayAddress('relay://relay.example:7400'), {
    relay: 'relay://relay.example:7400',
    webSocket: 'ws://relay.example:7400',
    name: undefined,
  })
  t.strictSame(parseRelayAddress('relays://relay.example/shard1abc'), {
    relay: 'relays://relay.example',
    webSocket: 'wss://relay.example',
    name: 'shard1abc',
  })
  t.strictSame(parseRelayAddress('relay://[::1]:7400/ab'), {
    relay: 'relay://[::1]:7400',
    webSocket: 'ws://[::1]:7400',
    name: 'ab',
  })
})

t.test('reads what it wrote', async (t) => {
  const address = formatRelayAddress('relay://10.0.0.1:7400', 'shard1abc')
  const read = parseRelayAddress(address)
  t.equal(formatRelayAddress(read?.relay ?? '', read?.name ?? ''), address)
})

t.test('refuses what is no address of a relay', async (t) => {
  for (const text of [
    '',
    'nowhere',
    'ws://10.0.0.1:7400',
    'relay:',
    'relay://',
    'relay:///name',
    'relay://host:99999',
    'relay://host/two/parts',
    'relay://host/na-me',
    'relay://host/name?query',
    'relay://host/name#shard1abc',
    'relay://user@host/name',
    `relay://host/${'a'.repeat(129)}`,
  ]) {
    t.equal(parseRelayAddress(text), undefined, text)
  }
})

t.test('tells addresses that lead through a relay from others', async (t) => {
  t.ok(isRelayAddress('relay://host'))
  t.ok(isRelayAddress('relays://host'))
  t.notOk(isRelayAddress('ws://relay'))
})
