import { DisposedError } from '../errors.ts'
import type { Pointer } from './pointer.ts'

/** Called once when nothing needs a native object any more. */
export type ReleaseNative = (pointer: Pointer) => void

/**
 * A native object with one owner and any number of borrowers.
 *
 * The owner disposes it; it is freed when the last borrower has given it back, so nothing native can be freed under a
 * run that uses it. Its address can't be had after it was disposed.
 */
export class NativeResource implements Disposable {
  readonly #what: string
  readonly #pointer: Pointer
  readonly #release: ReleaseNative
  #borrowers = 0
  #isDisposed = false

  constructor(what: string, pointer: Pointer, release: ReleaseNative) {
    this.#what = what
    this.#pointer = pointer
    this.#release = release
  }

  /** The address. @throws DisposedError after {@link dispose}. */
  get pointer(): Pointer {
    this.assertAlive()
    return this.#pointer
  }

  /** @throws DisposedError after {@link dispose}. */
  assertAlive(): void {
    if (this.#isDisposed) throw new DisposedError(this.#what)
  }

  /** Keeps the object alive until {@link giveBack}. @throws DisposedError. */
  borrow(): void {
    this.assertAlive()
    this.#borrowers++
  }

  /** Ends one {@link borrow}. */
  giveBack(): void {
    this.#borrowers--
    this.#freeIfUnused()
  }

  /** Frees the object once nobody borrows it. A second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#freeIfUnused()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #freeIfUnused(): void {
    if (this.#isDisposed && this.#borrowers === 0) this.#release(this.#pointer)
  }
}
