import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock, Log, Random } from '@shardline/core'
import { TokenBuckets } from '@shardline/core'
import type { WebSocket } from 'ws'
import { networkOf } from '../secure/handshake-gate.ts'
import { formatHex } from '../secure/link-security.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import type { RelayRefusal } from './refuse-upgrade.ts'
import type { Registration, Registrations } from './registrations.ts'
import type { RelayLimits } from './relay-limits.ts'
import { RELAY_ADDRESSES_MAX } from './relay-limits.ts'
import { RelayPipe } from './relay-pipe.ts'

/** A connection that asks to become a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly stream: Duplex
  readonly head: Buffer
  /** Where it comes from. */
  readonly host: string
  readonly port: number
}

/** What a {@link Switchboard} works with. */
export interface SwitchboardComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly registrations: Registrations
  /** Opens the WebSocket; undefined if the connection is gone. */
  readonly open: (upgrade: Upgrade) => Promise<WebSocket | undefined>
}

/** What went over a relay so far, and what does now. */
export interface SwitchboardCounters {
  readonly pipes: number
  readonly pipesOpened: number
  readonly relayedBytes: number
  /** Dials that were refused, by reason. */
  readonly refused: Readonly<Record<RelayRefusal, number>>
}

/** Somebody who dialed and waits for the node. */
interface Call {
  readonly caller: Upgrade
  readonly network: string
  readonly registration: Registration
  /** Ends the wait. */
  readonly over: AbortController
}

/** 256 bits: who wasn't told a call's name can't take it. */
const CALL_BYTES = 32

const MINUTE_SECONDS = 60

/** How often in its time a silent pipe is looked at. */
const IDLE_LOOKS = 4

/** Connects who dials with the node that is dialed, and keeps all limits on that. */
export class Switchboard {
  readonly #components: SwitchboardComponents
  readonly #limits: RelayLimits
  readonly #rates: TokenBuckets
  readonly #calls = new Map<string, Call>()
  readonly #pipes = new Set<RelayPipe>()
  readonly #usedByNetwork = new Map<string, number>()
  readonly #over = new AbortController()
  readonly #counters = { pipesOpened: 0, relayedBytes: 0 }
  readonly #refused: Record<RelayRefusal, number> = {
    'not-found': 0,
    origin: 0,
    busy: 0,
    rate: 0,
    unanswered: 0,
    stopping: 0,
  }

  constructor(components: SwitchboardComponents, limits: RelayLimits) {
    this.#components = components
    this.#limits = limits
    this.#rates = new TokenBuckets({
      clock: components.clock,
      perSecondMax: limits.dialsPerMinuteMax / MINUTE_SECONDS,
      burstSecondsMax: MINUTE_SECONDS,
      namesMax: RELAY_ADDRESSES_MAX,
    })
    void this.#cutSilentPipes()
  }

  get counters(): SwitchboardCounters {
    return { pipes: this.#pipes.size, ...this.#counters, refused: { ...this.#refused } }
  }

  /** Somebody dials the node of that name. */
  dial(caller: Upgrade, name: string): void {
    const network = networkOf(caller.host)
    const registration = this.#components.registrations.get(name)
    const refusal = this.#refusalOf(network, registration)
    if (refusal !== undefined || registration === undefined) this.refuse(caller, refusal ?? 'not-found')
    else this.#call({ caller, network, registration, over: new AbortController() })
  }

  /** A node takes a call. */
  take(taker: Upgrade, name: string): void {
    const call = this.#calls.get(name)
    if (call === undefined) {
      refuseUpgrade(taker.stream, 'not-found')
      return
    }
    this.#hangUp(name, call)
    void this.#connect(taker, call)
  }

  /** Refuses a connection, and counts that. */
  refuse({ stream, host }: Upgrade, refusal: RelayRefusal): void {
    this.#refused[refusal] += 1
    this.#components.log.debug('relay-dial-refused', { address: host, refusal })
    refuseUpgrade(stream, refusal)
  }

  /** Takes no more calls, waits up to `waitMs` for the pipes to end, and cuts the rest. */
  async close(waitMs: number): Promise<void> {
    this.#over.abort()
    for (const [name, call] of this.#calls) {
      this.#hangUp(name, call)
      this.#free(call)
      this.refuse(call.caller, 'stopping')
    }
    const done = new AbortController()
    const wait = this.#components.clock.sleep(waitMs, { signal: done.signal }).catch(() => undefined)
    const ends = [...this.#pipes].map((pipe) => pipe.ended)
    await Promise.race([Promise.all(ends), wait])
    done.abort()
    for (const pipe of this.#pipes) pipe.destroy()
    await Promise.all(ends)
  }

  #refusalOf(network: string, registration: Registration | undefined): RelayRefusal | undefined {
    const { pipesMax, pipesPerNodeMax, pipesPerAddressMax, callsPerNodeMax } = this.#limits
    if (this.#over.signal.aborted) return 'stopping'
    if (this.#rates.take(network) > 0) return 'rate'
    if (registration === undefined) return 'not-found'
    const { pipes, callsWaiting } = registration
    const isFull =
      this.#pipes.size + this.#calls.size >= pipesMax ||
      pipes.size + callsWaiting >= pipesPerNodeMax ||
      callsWaiting >= callsPerNodeMax ||
      (this.#usedByNetwork.get(network) ?? 0) >= pipesPerAddressMax
    return isFull ? 'busy' : undefined
  }

  #call(call: Call): void {
    const { registration, caller, network, over } = call
    const { clock, random } = this.#components
    const name = formatHex(random.bytes(CALL_BYTES))
    this.#calls.set(name, call)
    this.#usedByNetwork.set(network, (this.#usedByNetwork.get(network) ?? 0) + 1)
    registration.callsWaiting += 1
    const giveUp = (refusal: RelayRefusal): void => {
      if (this.#calls.get(name) !== call) return
      this.#hangUp(name, call)
      this.#free(call)
      this.refuse(caller, refusal)
    }
    caller.stream.on('error', () => giveUp('unanswered'))
    caller.stream.once('close', () => giveUp('unanswered'))
    const from = `${caller.host}:${caller.port}`
    registration.link.send({ kind: 'relay-call', call: name, from }).catch(() => giveUp('unanswered'))
    clock.sleep(this.#limits.callMsMax, { signal: over.signal }).then(
      () => giveUp('unanswered'),
      () => undefined,
    )
  }

  /** The call waits no more. */
  #hangUp(name: string, { registration, over }: Call): void {
    this.#calls.delete(name)
    registration.callsWaiting -= 1
    over.abort()
  }

  /** The caller has one pipe less. */
  #free({ network }: Call): void {
    const left = (this.#usedByNetwork.get(network) ?? 1) - 1
    if (left > 0) this.#usedByNetwork.set(network, left)
    else this.#usedByNetwork.delete(network)
  }

  async #connect(taker: Upgrade, call: Call): Promise<void> {
    const { open, clock, log } = this.#components
    const { caller, registration } = call
    // First the node's end: what its caller says at once finds somebody there.
    const near = await open(taker)
    const far = near && (await open(caller))
    if (near === undefined || far === undefined) {
      near?.terminate()
      this.#free(call)
      if (near === undefined) this.refuse(caller, 'unanswered')
      return
    }
    const pipe = new RelayPipe(near, far, {
      clock,
      limits: this.#limits,
      onBytes: (bytes) => {
        this.#counters.relayedBytes += bytes
      },
    })
    this.#pipes.add(pipe)
    registration.pipes.add(pipe)
    this.#counters.pipesOpened += 1
    log.debug('relay-pipe-opened', { node: registration.name, pipes: this.#pipes.size })
    await pipe.ended
    this.#pipes.delete(pipe)
    registration.pipes.delete(pipe)
    this.#free(call)
    log.debug('relay-pipe-ended', { node: registration.name, pipes: this.#pipes.size })
  }

  async #cutSilentPipes(): Promise<void> {
    const { clock } = this.#components
    const { pipeIdleMsMax } = this.#limits
    const { signal } = this.#over
    while (!signal.aborted) {
      await clock.sleep(Math.ceil(pipeIdleMsMax / IDLE_LOOKS), { signal }).catch(() => undefined)
      for (const pipe of this.#pipes) if (pipe.idleMs > pipeIdleMsMax) pipe.destroy()
    }
  }
}
