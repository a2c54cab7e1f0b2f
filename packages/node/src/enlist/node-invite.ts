import { bech32m } from '@scure/base'
import { fromUnknown } from '@shardline/core'
import { partyIdOf, PUBLIC_KEY_BYTES, publicKeyOf, SIGNATURE_BYTES } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import type { WireNodePass } from '@shardline/wire'
import { NodeInviteInvalidError } from '../errors.ts'
import { NODE_INVITE_ADDRESS_CHARS_MAX, NODE_INVITE_ADDRESSES_MAX, NODE_INVITE_CHARS_MAX } from '../limits.ts'

/** All that a node needs to be a stage of a driver. Who has it can be one: it is for people that the driver's owner trusts. */
export interface NodeInvite {
  /** Who is at the door. */
  readonly door: PartyId
  /** Where the door is, without its id; at least one. They are tried in order. */
  readonly addresses: readonly string[]
  readonly pass: WireNodePass
}

const PREFIX = 'shardlinenode'
/** What the invite of a user begins with. */
const USER_PREFIX = 'shardline1'
const VERSION = 1
const TIME_BYTES = 8
const ADDRESS = /^(?:(?:wss?|relays?):\/\/|memory:)[!-~]+$/

/**
 * Writes an invite as one line: `shardlinenode1` and, in bech32m (BIP 350) without its limit of 90 characters: version
 * (1 byte), key of the door (32), end of the pass in milliseconds since 1970 (8, big-endian), its signature (64), number of
 * addresses (1), and each as its length (1) and ASCII.
 *
 * @throws NodeInviteInvalidError if there are no or too many addresses, or one that is none.
 */
export function formatNodeInvite({ door, addresses, pass }: NodeInvite): string {
  if (addresses.length < 1 || addresses.length > NODE_INVITE_ADDRESSES_MAX) {
    throw new NodeInviteInvalidError(
      `${addresses.length} addresses were given; 1 to ${NODE_INVITE_ADDRESSES_MAX} are allowed`,
    )
  }
  const bytes = [VERSION, ...publicKeyOf(door)]
  const time = new DataView(new ArrayBuffer(TIME_BYTES))
  time.setBigUint64(0, BigInt(pass.expiresAtMs))
  bytes.push(...new Uint8Array(time.buffer), ...Buffer.from(pass.signature, 'hex'), addresses.length)
  for (const address of addresses) {
    checkAddress(address)
    bytes.push(address.length, ...Buffer.from(address, 'ascii'))
  }
  return bech32m.encode(PREFIX, bech32m.toWords(Uint8Array.from(bytes)), false)
}

/**
 * Reads an invite. Spaces and line breaks, as mail programs add them, don't matter.
 *
 * @throws NodeInviteInvalidError if it was changed, cut, is of another version, or is the invite of a user.
 */
export function parseNodeInvite(text: string): NodeInvite {
  const reader = new InviteReader(decode(text.replaceAll(/\s/g, '')))
  const [version = 0] = reader.take(1)
  if (version !== VERSION) {
    throw new NodeInviteInvalidError(`it is of version ${version}; this program reads ${VERSION}`)
  }
  const door = reader.party()
  const expiresAtMs = reader.time()
  const signature = Buffer.from(reader.take(SIGNATURE_BYTES)).toString('hex')
  const [count = 0] = reader.take(1)
  if (count < 1 || count > NODE_INVITE_ADDRESSES_MAX) {
    throw new NodeInviteInvalidError(
      `it counts ${count} addresses where 1 to ${NODE_INVITE_ADDRESSES_MAX} are allowed`,
    )
  }
  const addresses = Array.from({ length: count }, () => reader.address())
  reader.end()
  return { door, addresses, pass: { expiresAtMs, signature } }
}

function decode(line: string): Uint8Array {
  if (line.length > NODE_INVITE_CHARS_MAX) {
    throw new NodeInviteInvalidError(`it has more than ${NODE_INVITE_CHARS_MAX} characters`)
  }
  if (line.startsWith(USER_PREFIX)) {
    throw new NodeInviteInvalidError(
      'it invites to ask, not to be a stage; ask for the line that the driver prints with --invite-nodes',
    )
  }
  if (!line.startsWith(`${PREFIX}1`)) throw new NodeInviteInvalidError(`it does not begin with ${PREFIX}1`)
  try {
    return bech32m.fromWords(bech32m.decode(line as `${string}1${string}`, false).words)
  } catch (cause) {
    throw new NodeInviteInvalidError('its checksum is wrong: a character was changed or is missing', cause)
  }
}

function checkAddress(address: string): void {
  const isLong = address.length > NODE_INVITE_ADDRESS_CHARS_MAX
  if (!isLong && ADDRESS.test(address) && !address.includes('#')) return
  throw new NodeInviteInvalidError(
    `"${address}" is no ws://, wss:// or relay:// address of at most ${NODE_INVITE_ADDRESS_CHARS_MAX} characters`,
  )
}

class InviteReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#offset, this.#offset + length)
    if (part.length !== length) throw new NodeInviteInvalidError('it is cut short')
    this.#offset += length
    return part
  }

  party(): PartyId {
    try {
      return partyIdOf(this.take(PUBLIC_KEY_BYTES))
    } catch (cause) {
      throw new NodeInviteInvalidError(fromUnknown(cause).message, cause)
    }
  }

  time(): number {
    const ms = Buffer.from(this.take(TIME_BYTES)).readBigUInt64BE()
    if (ms <= Number.MAX_SAFE_INTEGER) return Number(ms)
    throw new NodeInviteInvalidError(`it ends at ${ms}, which is no time`)
  }

  address(): string {
    const [length = 0] = this.take(1)
    const address = Buffer.from(this.take(length)).toString('latin1')
    checkAddress(address)
    return address
  }

  end(): void {
    if (this.#offset !== this.#bytes.length)
      throw new NodeInviteInvalidError('there is more in it than it says')
  }
}
