import { ShardlineError } from '@shardline/core'
import type { Random } from '@shardline/core'
import { fromBase64Url, toBase64Url } from '../bytes.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { JsonValue } from '../canonical-json.ts'
import { checkDriverKey } from '../driver-keys/driver-key-entry.ts'
import type { DriverKeyEntry } from '../driver-keys/driver-key-entry.ts'
import type { DriverKey } from '../driver-keys/rotate-driver-keys.ts'
import {
  KeyFileMalformedError,
  KeyFileVersionError,
  PassphraseMissingError,
  PassphraseWrongError,
} from '../errors.ts'
import { SEED_BYTES, identityFromSeed } from '../identity.ts'
import { KEY_FILE_BYTES_MAX, SCRYPT_COST_LOG2 } from '../limits.ts'
import { partyId } from '../party-id.ts'
import type { PartyId } from '../party-id.ts'
import { ENCRYPTION_KEY_BYTES } from '../sealing/encryption-key.ts'
import { SEAL_NONCE_BYTES } from '../sealing/prompt-envelope.ts'
import { loadSodium } from '../sodium.ts'
import type { PartyKeys } from './party-keys.ts'
import { SALT_BYTES, passphraseKey } from './passphrase-key.ts'

/** How a key file is protected. */
export interface KeyFileOptions {
  /** Without one, only the file's permissions protect the key. */
  readonly passphrase?: string | undefined
  readonly random: Pick<Random, 'bytes'>
  /** Binary logarithm of scrypt's cost. @default SCRYPT_COST_LOG2 */
  readonly costLog2?: number | undefined
}

/** What everyone who can read a key file learns from it. */
export interface KeyFileHead {
  readonly id: PartyId
  readonly isProtected: boolean
}

type Fields = Readonly<Record<string, unknown>>

const FORMAT = 'shardline-key'
const VERSION = 1

/**
 * Writes keys as a key file: JSON with `format`, `version`, `id`, and the keys as `content`; in clear, or sealed by
 * XChaCha20-Poly1305 with a key of scrypt over the passphrase and all other fields as associated data.
 */
export async function writeKeyFile(keys: PartyKeys, options: KeyFileOptions): Promise<Uint8Array> {
  const { id } = await identityFromSeed(keys.seed)
  const content = canonicalJson({
    seed: toBase64Url(keys.seed),
    driverKeys: keys.driverKeys.map(({ entry, secretKey }) => ({
      entry: { ...entry },
      secretKey: toBase64Url(secretKey),
    })),
  })
  const base = { format: FORMAT, version: VERSION, id }
  if (options.passphrase === undefined) {
    return canonicalJson({ ...base, protection: 'none', content: toBase64Url(content) })
  }
  const costLog2 = options.costLog2 ?? SCRYPT_COST_LOG2
  const salt = options.random.bytes(SALT_BYTES)
  const nonce = options.random.bytes(SEAL_NONCE_BYTES)
  const texts = { salt: toBase64Url(salt), nonce: toBase64Url(nonce) }
  const head = { ...base, protection: 'passphrase', costLog2, ...texts }
  const key = await passphraseKey(options.passphrase, { costLog2, salt })
  const sodium = await loadSodium()
  const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    content,
    canonicalJson(head),
    null,
    nonce,
    key,
  )
  return canonicalJson({ ...head, content: toBase64Url(sealed) })
}

/** The id in a key file, which needs no passphrase. @throws KeyFileMalformedError, KeyFileVersionError. */
export function readKeyFileHead(bytes: Uint8Array): KeyFileHead {
  const fields = parse(bytes)
  return { id: partyId(text(fields, 'id')), isProtected: fields['protection'] === 'passphrase' }
}

/**
 * Reads a key file.
 *
 * @throws KeyFileMalformedError, KeyFileVersionError; PassphraseMissingError if it needs one and none is given;
 * PassphraseWrongError if that is not the one, or the file was changed.
 */
export async function readKeyFile(bytes: Uint8Array, passphrase?: string): Promise<PartyKeys> {
  const { content, ...head } = parse(bytes)
  const raw = typeof content === 'string' ? fromBase64Url(content) : undefined
  if (raw === undefined) throw new KeyFileMalformedError('content is not base64url')
  const clear = head['protection'] === 'none' ? raw : await unseal(raw, head, passphrase)
  const keys = await readContent(clear)
  const { id } = await identityFromSeed(keys.seed)
  if (id !== head['id']) throw new KeyFileMalformedError('its id is not that of its key')
  return keys
}

async function unseal(sealed: Uint8Array, head: Fields, passphrase: string | undefined): Promise<Uint8Array> {
  if (head['protection'] !== 'passphrase') throw new KeyFileMalformedError('its protection is not known')
  if (passphrase === undefined) throw new PassphraseMissingError()
  const salt = binary(head, 'salt', SALT_BYTES)
  const nonce = binary(head, 'nonce', SEAL_NONCE_BYTES)
  const key = await passphraseKey(passphrase, { costLog2: Number(head['costLog2']), salt })
  // The fields came out of JSON, so they are JSON.
  const associatedData = canonicalJson(head as JsonValue)
  const sodium = await loadSodium()
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, associatedData, nonce, key)
  } catch (cause) {
    throw new PassphraseWrongError(cause)
  }
}

async function readContent(bytes: Uint8Array): Promise<PartyKeys> {
  const fields = parseJson(bytes)
  const list = fields['driverKeys']
  if (!Array.isArray(list)) throw new KeyFileMalformedError('driverKeys is no list')
  const seed = binary(fields, 'seed', SEED_BYTES)
  return { seed, driverKeys: await Promise.all(list.map(readDriverKey)) }
}

async function readDriverKey(value: unknown): Promise<DriverKey> {
  const fields = objectOf(value)
  // Checked in the next lines, signature included.
  const entry = objectOf(fields['entry']) as unknown as DriverKeyEntry
  try {
    await checkDriverKey(entry)
  } catch (cause) {
    if (!(cause instanceof ShardlineError)) throw cause
    throw new KeyFileMalformedError(cause.message, cause)
  }
  return { entry, secretKey: binary(fields, 'secretKey', ENCRYPTION_KEY_BYTES) }
}

function parse(bytes: Uint8Array): Fields {
  if (bytes.length > KEY_FILE_BYTES_MAX) {
    throw new KeyFileMalformedError(`it has more than ${KEY_FILE_BYTES_MAX} bytes`)
  }
  const fields = parseJson(bytes)
  if (fields['format'] !== FORMAT) throw new KeyFileMalformedError('it does not say that it is one')
  if (fields['version'] !== VERSION) throw new KeyFileVersionError(String(fields['version']), VERSION)
  return fields
}

function parseJson(bytes: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return objectOf(value)
  } catch (cause) {
    if (cause instanceof KeyFileMalformedError) throw cause
    // The cause would quote the file, which may be a key in clear.
    throw new KeyFileMalformedError('it is no JSON')
  }
}

function objectOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null)
    throw new KeyFileMalformedError('a part of it is no object')
  return { ...value }
}

function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new KeyFileMalformedError(`${name} is no text`)
  return value
}

function binary(fields: Fields, name: string, length: number): Uint8Array {
  const bytes = fromBase64Url(text(fields, name), length)
  if (bytes === undefined) throw new KeyFileMalformedError(`${name} is not ${length} bytes in base64url`)
  return bytes
}
