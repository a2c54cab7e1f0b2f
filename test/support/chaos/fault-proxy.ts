import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import type { Random } from '@shardline/core'
import { Way } from './way.ts'
import type { Weather } from './way.ts'

/** Which direction a fault hits: towards the process that listens behind the proxy, away from it, or both. */
export type FaultyWays = 'both' | 'towards' | 'away'

/** Stands before a listener on loopback, and makes its network bad on demand. */
export interface FaultProxy extends AsyncDisposable {
  /** Where to dial instead of the listener; who has to be there (`#id`) stays. */
  readonly address: string
  /** New connections go here from now on: where a process listens is known only when it runs. */
  leadTo(address: string): void
  /** Connections through it that are open now. */
  readonly connections: number
  /** Everything takes `delayMs` longer, and up to `jitterMs` more. */
  delay(delayMs: number, jitterMs: number): void
  /** Nothing arrives any more, and nobody is told: a partition, or one-way loss. New connections are as silent. */
  hold(ways: FaultyWays): void
  /** Ends all connections at once; new ones are made as before. */
  cut(): void
  /** The network is good again; what was held arrives. */
  heal(): void
}

interface Connection {
  readonly towards: Way
  readonly away: Way
}

function fineWeather(): Weather {
  return { isHeld: false, delayMs: 0, jitterMs: 0 }
}

/** Puts a proxy before `target` (`ws://host:port#id`, `http://host:port`, or port 0 for one that isn't there yet). `random` draws the jitter. */
export async function proxyFaults(target: string, random: Random): Promise<FaultProxy> {
  let led = new URL(target)
  const { protocol, hash } = led
  const weather = { towards: fineWeather(), away: fineWeather() }
  const connections = new Set<Connection>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port: Number(led.port), host: led.hostname, allowHalfOpen: true, noDelay: true })
    const connection = {
      towards: new Way(near, far, { weather: weather.towards, random }),
      away: new Way(far, near, { weather: weather.away, random }),
    }
    connections.add(connection)
    let open = 2
    for (const socket of [near, far]) {
      socket.once('close', () => {
        open -= 1
        if (open === 0) connections.delete(connection)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pump = (): void => {
    for (const { towards, away } of connections) {
      towards.pump()
      away.pump()
    }
  }
  const cut = (): void => {
    for (const { towards, away } of connections) {
      towards.cut()
      away.cut()
    }
  }
  return {
    address: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}${hash}`,
    leadTo: (address) => {
      led = new URL(address)
    },
    get connections() {
      return connections.size
    },
    delay: (delayMs, jitterMs) => {
      for (const way of [weather.towards, weather.away]) Object.assign(way, { delayMs, jitterMs })
    },
    hold: (ways) => {
      weather.towards.isHeld = ways !== 'away'
      weather.away.isHeld = ways !== 'towards'
      pump()
    },
    cut,
    heal: () => {
      for (const way of [weather.towards, weather.away]) Object.assign(way, fineWeather())
      pump()
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      await closed(server)
    },
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
