import { systemClock } from '@shardline/core'
import type { Clock } from '@shardline/core'
import type { Link, LinkIdentity, LinkSecurityInit, Listener, WireLimits } from '../../src/index.ts'
import { MemoryNetwork, MemoryTransport } from '../../src/index.ts'
import type { RecordingLog } from './recording-log.ts'
import { createRecordingLog } from './recording-log.ts'
import type { Tamper, TamperProxy } from './tamper-proxy.ts'
import { tamperProxy } from './tamper-proxy.ts'
import { testIdentity } from './test-identity.ts'

/** Options of {@link attackedPair}. */
export interface AttackedPairInit {
  readonly tamper?: Tamper
  /** Of the accepting side. */
  readonly security?: Partial<LinkSecurityInit>
  readonly limits?: Partial<WireLimits>
  /** @default systemClock */
  readonly clock?: Clock
}

/** Two sides that seal, with someone between them. */
export interface AttackedPair extends AsyncDisposable {
  readonly network: MemoryNetwork
  readonly proxy: TamperProxy
  readonly listener: Listener
  readonly nearIdentity: LinkIdentity
  readonly farIdentity: LinkIdentity
  readonly near: MemoryTransport
  /** Of the accepting side. */
  readonly log: RecordingLog
  /** Links that the accepting side took. */
  readonly accepted: readonly Link[]
  /** Dials through the proxy. */
  dial(options?: { readonly expectPublicKey?: Uint8Array }): Promise<Link>
  /** Both ends of a link through the proxy. */
  link(): Promise<{ readonly near: Link; readonly far: Link }>
  /** Codes of what the accepting side refused. */
  refusals(): readonly unknown[]
}

/** Listens, and has everything go through a proxy. */
export async function attackedPair(init: AttackedPairInit = {}): Promise<AttackedPair> {
  const network = new MemoryNetwork({ clock: systemClock })
  const log = createRecordingLog()
  const { clock = systemClock } = init
  const [nearIdentity, farIdentity] = [testIdentity(), testIdentity()]
  const transport = (node: string, security: LinkSecurityInit): MemoryTransport =>
    new MemoryTransport(
      { clock, log, network },
      { self: { node, role: 'worker', software: 'test/1' }, limits: init.limits ?? {}, security },
    )
  const accepted: Link[] = []
  const farTransport = transport('far', { identity: farIdentity, ...init.security })
  const listener = await farTransport.listen('memory:far', (link) => accepted.push(link))
  const near = transport('near', { identity: nearIdentity })
  const proxy = tamperProxy(network, listener.address, init.tamper)
  const dial: AttackedPair['dial'] = (options = {}) => near.dial(proxy.address, options)
  return {
    network,
    proxy,
    listener,
    nearIdentity,
    farIdentity,
    near,
    log,
    accepted,
    dial,
    link: async () => {
      const link = await dial()
      return { near: link, far: accepted.at(-1)! }
    },
    refusals: () =>
      log.lines.filter(({ event }) => event === 'link-refused').map(({ fields }) => fields['code']),
    [Symbol.asyncDispose]: async () => {
      await listener.close()
      proxy.cut()
    },
  }
}
