import type { Clock, Random } from '@shardline/core'
import { rotateDriverKeys } from '../driver-keys/rotate-driver-keys.ts'
import type { DriverKey } from '../driver-keys/rotate-driver-keys.ts'
import { KeyExistsError, KeyNameError, KeyPermissionsError, KeyUnknownError } from '../errors.ts'
import { SEED_BYTES, identityFromSeed } from '../identity.ts'
import { KEY_FILE_BYTES_MAX, KEY_NAME_CHARACTERS_MAX } from '../limits.ts'
import type { KeyFolder } from './key-folder.ts'
import { readKeyFile, readKeyFileHead, writeKeyFile } from './key-file.ts'
import type { KeyFileHead } from './key-file.ts'
import type { PartyKeys } from './party-keys.ts'

/** What a {@link KeyStore} works with. */
export interface KeyStoreInit {
  readonly folder: KeyFolder
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  /** Binary logarithm of scrypt's cost for files with a passphrase. @default SCRYPT_COST_LOG2 */
  readonly costLog2?: number
}

/** A key of the store. */
export interface StoredKey extends KeyFileHead {
  readonly name: string
}

/** A name, and the passphrase of the key if it has one. */
export interface KeyAccess {
  readonly name: string
  readonly passphrase?: string | undefined
}

const SUFFIX = '.key'
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** Bits that let anyone but the owner in. */
const OTHERS = 0o077

/**
 * Keys by name, each a file that only its owner can read, in a folder that only its owner can enter. A key is never
 * overwritten by another.
 */
export class KeyStore {
  readonly #init: KeyStoreInit

  constructor(init: KeyStoreInit) {
    this.#init = init
  }

  /** Makes a new key. @throws KeyNameError, KeyExistsError, KeyPermissionsError. */
  async create(access: KeyAccess): Promise<StoredKey> {
    return this.import(access, { seed: this.#init.random.bytes(SEED_BYTES), driverKeys: [] })
  }

  /** Takes keys in that were made elsewhere. @throws KeyNameError, KeyExistsError, KeyPermissionsError. */
  async import(access: KeyAccess, keys: PartyKeys): Promise<StoredKey> {
    const { folder } = this.#init
    const fileName = fileNameOf(access.name)
    await folder.make(FOLDER_MODE)
    await this.#checkFolder()
    const file = { bytes: await this.#write(keys, access), mode: FILE_MODE }
    if (!(await folder.create(fileName, file))) throw new KeyExistsError(access.name, folder.path)
    return { name: access.name, ...readKeyFileHead(file.bytes) }
  }

  /** All keys, in order of their names. @throws KeyPermissionsError, KeyFileMalformedError. */
  async list(): Promise<readonly StoredKey[]> {
    const fileNames = await this.#init.folder.list()
    const names = fileNames
      .filter((fileName) => fileName.endsWith(SUFFIX))
      .map((fileName) => fileName.slice(0, -SUFFIX.length))
    return Promise.all(names.toSorted().map((name) => this.head(name)))
  }

  /** What can be known of a key without its passphrase. @throws KeyUnknownError, KeyPermissionsError, KeyFileMalformedError. */
  async head(name: string): Promise<StoredKey> {
    return { name, ...readKeyFileHead(await this.#read(name)) }
  }

  /** A key's file as it is stored: protected by its passphrase, if it has one. @throws as {@link head}. */
  async export(name: string): Promise<Uint8Array> {
    const bytes = await this.#read(name)
    readKeyFileHead(bytes)
    return bytes
  }

  /**
   * Reads a key.
   *
   * @throws KeyUnknownError; KeyPermissionsError if others could read or change the file; KeyFileMalformedError,
   * KeyFileVersionError, PassphraseMissingError, PassphraseWrongError.
   */
  async open({ name, passphrase }: KeyAccess): Promise<PartyKeys> {
    return readKeyFile(await this.#read(name), passphrase)
  }

  /**
   * Gives a driver a new encryption key, and drops those that ran out.
   *
   * @throws what {@link open} throws; DriverKeyInvalidError if `validMs` is over the limit.
   */
  async rotate(access: KeyAccess, options: { readonly validMs?: number } = {}): Promise<DriverKey> {
    const { folder, clock, random } = this.#init
    const { seed, driverKeys } = await this.open(access)
    const identity = await identityFromSeed(seed)
    const keys = await rotateDriverKeys({ identity, clock, random, keys: driverKeys, ...options })
    const { isProtected } = await this.head(access.name)
    const passphrase = isProtected ? access.passphrase : undefined
    const bytes = await this.#write({ seed, driverKeys: keys }, { ...access, passphrase })
    await folder.replace(fileNameOf(access.name), { bytes, mode: FILE_MODE })
    const [newest] = keys.slice(-1)
    if (newest === undefined) throw new KeyUnknownError(access.name, folder.path)
    return newest
  }

  #write(keys: PartyKeys, { passphrase }: KeyAccess): Promise<Uint8Array> {
    const { random, costLog2 } = this.#init
    return writeKeyFile(keys, { random, passphrase, costLog2 })
  }

  async #read(name: string): Promise<Uint8Array> {
    const { folder } = this.#init
    const fileName = fileNameOf(name)
    const file = await folder.read(fileName, KEY_FILE_BYTES_MAX + 1)
    if (file === undefined) throw new KeyUnknownError(name, folder.path)
    await this.#checkFolder()
    if (file.mode !== undefined && (file.mode & OTHERS) !== 0) {
      throw new KeyPermissionsError(`${folder.path}/${fileName}`, file.mode, FILE_MODE)
    }
    return file.bytes
  }

  async #checkFolder(): Promise<void> {
    const { folder } = this.#init
    const mode = await folder.mode()
    if (mode !== undefined && (mode & OTHERS) !== 0) {
      throw new KeyPermissionsError(folder.path, mode, FOLDER_MODE)
    }
  }
}

function fileNameOf(name: string): string {
  const isName = name.length <= KEY_NAME_CHARACTERS_MAX && /^[a-z0-9][a-z0-9_-]*$/.test(name)
  if (!isName) throw new KeyNameError(name, KEY_NAME_CHARACTERS_MAX)
  return `${name}${SUFFIX}`
}
