import type { ShardlineError } from '@shardline/core'
import { fromUnknown } from '@shardline/core'
import { deferred } from '../deferred.ts'
import { HandshakeFailedError, ListenerFullError, PeerWrongError } from '../errors.ts'
import type { FrameChannel } from '../frame-channel.ts'
import { IGNORE_CHANNEL } from '../frame-channel.ts'
import type { WireLimits } from '../limits.ts'
import { readRecord, writeRecord } from './handshake-record.ts'
import type { ProofContext, ProvenPeer } from './identity-proof.ts'
import { readProof, writeProof } from './identity-proof.ts'
import type { LinkSecurity } from './link-security.ts'
import { NoiseXX } from './noise-xx.ts'
import { SealedChannel } from './sealed-channel.ts'

/** Options of {@link secureChannel}. */
export interface SecureChannelInit {
  readonly side: 'dialing' | 'accepting'
  readonly security: LinkSecurity
  readonly limits: WireLimits
  /** The dialing side begins when this resolves. */
  readonly opened: Promise<void>
  /** Gives up; its reason is the error. */
  readonly signal: AbortSignal
  /** Who the peer has to be. */
  readonly expectPublicKey: Uint8Array | undefined
  /** What it means that the channel is gone. */
  readonly goneError: (detail: string) => ShardlineError
}

/** A channel that only this side and the peer can read and write. */
export interface SecuredChannel {
  readonly channel: SealedChannel
  /** Proved by the peer. */
  readonly publicKey: Uint8Array
}

/** Bytes that both sides must have alike: no handshake of another protocol, or of another version, leads to a link. */
const PROLOGUE = new TextEncoder().encode('shardline/link/1')

const NOTHING = new Uint8Array(0)

/**
 * Shakes hands over `channel`, and takes it over. The peer isn't told of a failure.
 *
 * @throws HandshakeFailedError, PeerWrongError, ListenerFullError, what `goneError` makes, the reason of `signal`.
 */
export function secureChannel(channel: FrameChannel, init: SecureChannelInit): Promise<SecuredChannel> {
  const { promise, resolve, reject } = deferred<SecuredChannel>()
  const { signal } = init
  const run = new HandshakeRun(channel, init)
  let isDone = false
  const finish = (): boolean => {
    if (isDone) return false
    isDone = true
    signal.removeEventListener('abort', onAbort)
    return true
  }
  const fail = (error: ShardlineError): void => {
    if (!finish()) return
    channel.attach(IGNORE_CHANNEL)
    reject(error)
  }
  const onAbort = (): void => fail(fromUnknown(signal.reason))
  const step = (work: () => SecuredChannel | undefined): void => {
    if (isDone) return
    try {
      const secured = work()
      if (secured !== undefined && finish()) resolve(secured)
    } catch (cause) {
      fail(fromUnknown(cause))
    }
  }
  signal.addEventListener('abort', onAbort, { once: true })
  channel.attach({
    onFrame: (record) => step(() => run.receive(record)),
    onDrain: () => undefined,
    onBroken: fail,
    onGone: (detail) => fail(init.goneError(detail)),
  })
  void init.opened.then(() => step(() => run.begin()))
  if (signal.aborted) onAbort()
  return promise
}

/** One side of one handshake: which message comes next, and what it answers. */
class HandshakeRun {
  readonly #channel: FrameChannel
  readonly #init: SecureChannelInit
  readonly #noise: NoiseXX
  #next: 'first' | 'second' | 'third'

  constructor(channel: FrameChannel, init: SecureChannelInit) {
    this.#channel = channel
    this.#init = init
    const { crypto, staticKey } = init.security
    const ephemeralKey = crypto.generateKeyPair()
    this.#noise = new NoiseXX(crypto, { prologue: PROLOGUE, staticKey, ephemeralKey })
    this.#next = init.side === 'dialing' ? 'second' : 'first'
  }

  begin(): undefined {
    if (this.#init.side === 'dialing') {
      this.#channel.write(writeRecord('first', this.#noise.writeFirst(NOTHING)))
    }
  }

  receive(record: Uint8Array): SecuredChannel | undefined {
    const read = readRecord(this.#next, record)
    if ('wrong' in read) throw this.#failed(read.wrong)
    if ('refusal' in read) throw this.#refused(read.refusal)
    if (this.#next === 'second') return this.#onSecond(read.body)
    if (this.#next === 'third') return this.#onThird(read.body)
    this.#onFirst(read.body)
    return undefined
  }

  #onFirst(body: Uint8Array): void {
    if (this.#noise.readFirst(body) === undefined) throw this.#failed('its first message says nothing')
    const answer = this.#noise.writeSecond(() => this.#prove('accepting'))
    if (answer === undefined) throw this.#failed('its one-time key is one that everybody can agree with')
    this.#next = 'third'
    this.#channel.write(writeRecord('second', answer))
  }

  #onSecond(body: Uint8Array): SecuredChannel {
    const peer = this.#meet('accepting', (before) => this.#noise.readSecond(body, before))
    this.#checkExpected(peer)
    const last = this.#noise.writeThird(() => this.#prove('dialing'))
    if (last === undefined) throw this.#failed('its one-time key is one that everybody can agree with')
    this.#channel.write(writeRecord('third', last))
    return this.#seal(peer)
  }

  #onThird(body: Uint8Array): SecuredChannel {
    const peer = this.#meet('dialing', (before) => this.#noise.readThird(body, before))
    this.#checkExpected(peer)
    return this.#seal(peer)
  }

  #prove(side: ProofContext['side']): Uint8Array {
    const { security, limits } = this.#init
    const { publicKey: staticKey } = security.staticKey
    const context = { side, staticKey, handshakeHash: this.#noise.handshakeHash }
    const rekey = { framesMax: limits.linkKeyFramesMax, bytesMax: limits.linkKeyBytesMax }
    return writeProof(security.identity, context, rekey)
  }

  /** Reads a message with a proof in it, and checks the proof against all that was said before it. */
  #meet(side: ProofContext['side'], read: (beforePayload: () => void) => Uint8Array | undefined): ProvenPeer {
    let handshakeHash: Uint8Array = NOTHING
    const proof = read(() => {
      handshakeHash = this.#noise.handshakeHash
    })
    const staticKey = this.#noise.remoteStatic
    if (proof === undefined || staticKey === undefined) {
      throw this.#failed(
        'its message does not open: it was changed on its way, or is of another conversation',
      )
    }
    const { crypto } = this.#init.security
    const peer = readProof(crypto, proof, { side, staticKey, handshakeHash })
    if (peer === undefined) throw this.#failed('it does not prove who it is')
    return peer
  }

  #checkExpected({ publicKey }: ProvenPeer): void {
    const { expectPublicKey, security } = this.#init
    if (expectPublicKey === undefined || security.crypto.equal(expectPublicKey, publicKey)) return
    const { formatKey } = security
    throw new PeerWrongError(this.#channel.address, formatKey(expectPublicKey), formatKey(publicKey))
  }

  #seal({ publicKey, rekey }: ProvenPeer): SecuredChannel {
    const { side, limits } = this.#init
    const keys = this.#noise.split()
    const own = { framesMax: limits.linkKeyFramesMax, bytesMax: limits.linkKeyBytesMax }
    const channel = new SealedChannel(this.#channel, {
      sending: { cipher: keys[side], rekey: own },
      receiving: { cipher: keys[side === 'dialing' ? 'accepting' : 'dialing'], rekey },
      waitingBytesMax: limits.handshakeBytesMax,
    })
    return { channel, publicKey }
  }

  #failed(reason: string): HandshakeFailedError {
    return new HandshakeFailedError(this.#channel.address, reason)
  }

  #refused(code: string): ShardlineError {
    const { address } = this.#channel
    if (code === 'WIRE_LISTENER_FULL') return new ListenerFullError(address, 'its listener is full')
    return this.#failed(`the peer gave up with ${code}`)
  }
}
