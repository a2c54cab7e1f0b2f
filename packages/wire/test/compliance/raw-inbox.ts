import type { RawPeer } from './transport-fixture.ts'

/** The receiving half of a {@link RawPeer}. */
export class RawInbox {
  readonly #frames: Uint8Array[] = []
  #isEnded = false
  #wake: () => void = () => undefined

  put(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  readonly next: RawPeer['next'] = async () => {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) return frame
      if (this.#isEnded) throw new Error('the connection ended')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
