import type { LayerRange } from '@shardline/core'
import type { Met } from '../meet-stage.ts'
import type { StageLink } from '../stage-link.ts'
import type { SpareOffer } from './choose-replacements.ts'

interface HotPart {
  /** Pipeline id under which the node holds it. */
  readonly id: string
  readonly layers: LayerRange | undefined
  isReady: boolean
}

/** A node that waits to take the place of a stage. */
export class Spare implements SpareOffer {
  readonly link: StageLink
  readonly role: 'worker' | 'validator'
  /** Resolves when it is taken, or is to load other parts. */
  changed: Promise<void> = Promise.resolve()
  isTaken = false
  /** Memory that it had when it was asked. */
  readonly #freeBytes: number
  #parts: HotPart[] = []
  #loading = new AbortController()
  #change: () => void = () => undefined

  constructor({ link, description }: Met) {
    this.link = link
    this.role = link.identity.role
    this.#freeBytes = description.memory.freeBytes
    this.#expectChange()
  }

  get hot(): readonly (LayerRange | undefined)[] {
    return this.#parts.flatMap((part) => (part.isReady ? [part.layers] : []))
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /** Ends what it is loading in advance. */
  get loading(): AbortSignal {
    return this.#loading.signal
  }

  /** Notes a part that it is told to load; the function that is returned, that it has. */
  add(id: string, layers: LayerRange | undefined): () => void {
    const part: HotPart = { id, layers, isReady: false }
    this.#parts.push(part)
    return () => {
      part.isReady = true
    }
  }

  /** It takes a place, or is to load something else. */
  interrupt(): void {
    this.#loading.abort()
    this.#loading = new AbortController()
    const change = this.#change
    this.#expectChange()
    change()
  }

  /** Lets go of what it has loaded in advance. Never rejects. */
  async release(): Promise<void> {
    const parts = this.#parts
    this.#parts = []
    for (const { id } of parts) {
      await this.link.send({ kind: 'release', pipeline: id }).catch(() => undefined)
    }
  }

  #expectChange(): void {
    this.changed = new Promise((resolve) => {
      this.#change = resolve
    })
  }
}
