import type { SealingKeyRing } from '@shardline/driver'
import { encryptionKeysOf } from '@shardline/identity'
import type { DriverKey, DriverKeyEntry, EncryptionKeyPair, KeyStore } from '@shardline/identity'
import type { CommandContext } from '../commands/command-context.ts'
import { openKeyStore } from './open-key-store.ts'
import { existingPassphrase } from './passphrase.ts'

/** The encryption keys of a key of this machine: prompts that were sealed before a restart can be read after it. */
export class StoredKeyRing implements SealingKeyRing {
  readonly #store: Pick<KeyStore, 'open' | 'rotate'>
  readonly #access: Parameters<KeyStore['rotate']>[0]
  readonly #clock: CommandContext['clock']
  #keys: readonly DriverKey[] | undefined
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    store: Pick<KeyStore, 'open' | 'rotate'>,
    access: Parameters<KeyStore['rotate']>[0],
    clock: CommandContext['clock'],
  ) {
    this.#store = store
    this.#access = access
    this.#clock = clock
  }

  /** @throws what a KeyStore throws. */
  static async open(name: string, context: CommandContext): Promise<StoredKeyRing> {
    const store = openKeyStore(context)
    const { isProtected } = await store.head(name)
    const passphrase = isProtected ? await existingPassphrase(name, context) : undefined
    return new StoredKeyRing(store, { name, passphrase }, context.clock)
  }

  /** The newest; a new one, which is stored, when half of its time is over. */
  async current(): Promise<DriverKeyEntry> {
    const turning = this.#turn.then(() => this.#newest())
    this.#turn = turning.catch(() => undefined)
    return (await turning).entry
  }

  async pairs(): Promise<readonly EncryptionKeyPair[]> {
    const nowMs = this.#clock.now()
    const keys = await this.#read()
    return encryptionKeysOf(keys.filter(({ entry }) => entry.validUntilMs >= nowMs))
  }

  async #newest(): Promise<DriverKey> {
    const newest = (await this.#read()).at(-1)
    const nowMs = this.#clock.now()
    if (newest !== undefined && nowMs < (newest.entry.validFromMs + newest.entry.validUntilMs) / 2) {
      return newest
    }
    const made = await this.#store.rotate(this.#access)
    this.#keys = undefined
    return made
  }

  async #read(): Promise<readonly DriverKey[]> {
    return (this.#keys ??= (await this.#store.open(this.#access)).driverKeys)
  }
}
