import { AssertionFailedError } from '@shardline/core'
import type { DialOptions, Link, Listener, Transport } from '@shardline/wire'
import t from 'tap'
import { listenPlaces } from '../../src/cluster/listen-places.ts'
import { RoutedTransport } from '../../src/cluster/routed-transport.ts'

/** A transport that notes what it is asked; fails at addresses with `bad` in them. */
function noting(name: string, calls: string[]): Transport {
  return {
    listen: async (address: string): Promise<Listener> => {
      calls.push(`${name} listens at ${address}`)
      if (address.includes('bad')) throw new AssertionFailedError('it is bad')
      const close = async (): Promise<void> => void calls.push(`${name} leaves ${address}`)
      return { address: `${address}/here`, close, [Symbol.asyncDispose]: close }
    },
    dial: (address: string, _options?: DialOptions): Promise<Link> => {
      calls.push(`${name} dials ${address}`)
      return Promise.reject(new AssertionFailedError('dialed'))
    },
  }
}

function routed(alsoListen: readonly string[] = []): { transport: RoutedTransport; calls: string[] } {
  const calls: string[] = []
  const [webSocket, relay] = [noting('socket', calls), noting('relay', calls)]
  return { transport: new RoutedTransport({ webSocket, relay, alsoListen }), calls }
}

t.test('dials every address by the way that it needs', async (t) => {
  const { transport, calls } = routed()
  for (const address of ['ws://a:1', 'wss://b', 'relay://c/n', 'relays://d/n'])
    await t.rejects(transport.dial(address), { message: /dialed/ })
  t.strictSame(calls, [
    'socket dials ws://a:1',
    'socket dials wss://b',
    'relay dials relay://c/n',
    'relay dials relays://d/n',
  ])
})

t.test('listens in several places, and leaves all of them', async (t) => {
  const { transport, calls } = routed(['relay://c', 'relay://d'])
  const listener = await transport.listen('ws://a:1', () => undefined)
  t.equal(listener.address, 'ws://a:1/here')
  t.strictSame(transport.addresses, ['ws://a:1/here', 'relay://c/here', 'relay://d/here'])
  await listener.close()
  t.strictSame(calls.slice(3), ['relay leaves relay://d', 'relay leaves relay://c', 'socket leaves ws://a:1'])
})

t.test('listens nowhere if it can not listen in one of the places', async (t) => {
  const { transport, calls } = routed(['relay://bad'])
  await t.rejects(
    transport.listen('ws://a:1', () => undefined),
    { message: /it is bad/ },
  )
  t.equal(calls.at(-1), 'socket leaves ws://a:1')
})

t.test('a process listens where it is told, else at its relays, else on this machine', async (t) => {
  const relay = ['relay://r.example:7400', 'relay://s.example:7400']
  const own = { host: '0.0.0.0', port: 7101 }
  t.strictSame(listenPlaces({ listen: undefined, relay: [], portDefault: 7 }), {
    listen: 'ws://127.0.0.1:7',
    isRelayedOnly: false,
    isReachable: false,
  })
  t.strictSame(listenPlaces({ listen: undefined, relay, portDefault: 7 }), {
    listen: 'relay://r.example:7400',
    isRelayedOnly: true,
    isReachable: true,
  })
  t.match(listenPlaces({ listen: own, relay, portDefault: 7 }), {
    listen: 'ws://0.0.0.0:7101',
    isRelayedOnly: false,
  })
  t.equal(listenPlaces({ listen: { ...own, host: '::1' }, relay, portDefault: 7 }).isReachable, true)
  t.equal(listenPlaces({ listen: own, relay: [], portDefault: 7 }).isReachable, true)
})
