import { base64 } from '@scure/base'
import { sha256 } from '@noble/hashes/sha2.js'
import { HASH_BYTES } from '@shardline/core'
import { concat, isSame, utf8 } from '../bytes.ts'
import { KeyLogCheckpointError } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { KEY_LOG_CHECKPOINT_BYTES_MAX, KEY_LOG_SIGNATURES_MAX } from '../limits.ts'
import { publicKeyOf } from '../party-id.ts'
import type { PartyId } from '../party-id.ts'
import { verifySignature } from '../verify-signature.ts'

/** What a log of driver keys commits to. */
export interface KeyLogCheckpoint {
  /** Entries in the log. */
  readonly size: number
  /** Root over all entries, in the order in which they came. */
  readonly entriesRoot: Uint8Array
  /** Drivers in the log. */
  readonly drivers: number
  /** Root over the newest entry of each driver, in order of the drivers' ids. */
  readonly keysRoot: Uint8Array
  /** When it was signed, in milliseconds since the Unix epoch. */
  readonly signedAtMs: number
}

/** Whose log it is: its name, as in `market.example/driver-keys`, and who signs its checkpoints. */
export interface KeyLogName {
  readonly origin: string
  readonly signer: PartyId
}

/** What names the kind of a signature in a key id (C2SP signed-note). */
const ED25519 = 0x01
const KEY_ID_BYTES = 4
const ORIGIN = /^(?!shardline:)[\x21-\x2a\x2c-\x7e]{1,128}$/
const NUMBER = /^(?:0|[1-9]\d{0,15})$/

/**
 * A checkpoint as C2SP's tlog-checkpoint, which witnesses can co-sign: origin, size, root, then as extension lines the
 * drivers' count and root, and the time.
 */
export function signKeyLogCheckpoint(
  identity: Pick<Identity, 'id' | 'sign'>,
  origin: string,
  checkpoint: KeyLogCheckpoint,
): string {
  if (!ORIGIN.test(origin))
    throw new KeyLogCheckpointError('its origin must be 1 to 128 characters without spaces and +')
  const { size, entriesRoot, drivers, keysRoot, signedAtMs } = checkpoint
  const roots = [size, base64.encode(entriesRoot), `keys ${drivers} ${base64.encode(keysRoot)}`]
  const text = `${[origin, ...roots, `time ${signedAtMs}`].join('\n')}\n`
  const signature = identity.sign(utf8(text))
  const line = base64.encode(concat(keyIdOf(origin, identity.id), signature))
  return `${text}\n\u2014 ${origin} ${line}\n`
}

/** @throws KeyLogCheckpointError if the note is no checkpoint of this log, signed by its signer. */
export async function openKeyLogCheckpoint(note: string, log: KeyLogName): Promise<KeyLogCheckpoint> {
  if (note.length > KEY_LOG_CHECKPOINT_BYTES_MAX) throw new KeyLogCheckpointError('it is too long')
  const end = note.indexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) throw new KeyLogCheckpointError('an empty line must end the text')
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > KEY_LOG_SIGNATURES_MAX) throw new KeyLogCheckpointError('it has too many signatures')
  if (!(await isSigned(text, lines, log))) throw new KeyLogCheckpointError(`${log.signer} did not sign it`)
  return readText(text, log.origin)
}

async function isSigned(text: string, lines: readonly string[], log: KeyLogName): Promise<boolean> {
  const keyId = keyIdOf(log.origin, log.signer)
  const start = `\u2014 ${log.origin} `
  for (const line of lines.filter((candidate) => candidate.startsWith(start))) {
    const bytes = decodeBase64(line.slice(start.length))
    if (bytes === undefined || !isSame(bytes.subarray(0, KEY_ID_BYTES), keyId)) continue
    const signature = bytes.subarray(KEY_ID_BYTES)
    if (await verifySignature({ id: log.signer, message: utf8(text), signature })) return true
  }
  return false
}

function readText(text: string, expectedOrigin: string): KeyLogCheckpoint {
  const [origin, size = '', root = '', keys = '', time = ''] = text.split('\n')
  const [keysWord, drivers = '', keysRoot = ''] = keys.split(' ')
  const [timeWord, signedAt = ''] = time.split(' ')
  const isForm = origin === expectedOrigin && keysWord === 'keys' && timeWord === 'time'
  if (!isForm || ![size, drivers, signedAt].every((number) => NUMBER.test(number))) {
    throw new KeyLogCheckpointError('it is not one of a log of driver keys')
  }
  return {
    size: Number(size),
    entriesRoot: readHash(root),
    drivers: Number(drivers),
    keysRoot: readHash(keysRoot),
    signedAtMs: Number(signedAt),
  }
}

function readHash(text: string): Uint8Array {
  const bytes = decodeBase64(text)
  if (bytes?.length !== HASH_BYTES) throw new KeyLogCheckpointError('a root is no hash in base64')
  return bytes
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text)
  } catch {
    return undefined
  }
}

/** First 4 bytes of SHA-256(name || 0x0A || type || public key). */
function keyIdOf(origin: string, signer: PartyId): Uint8Array {
  const input = concat(utf8(origin), Uint8Array.of(0x0a, ED25519), publicKeyOf(signer))
  return sha256(input).slice(0, KEY_ID_BYTES)
}
