import { assert } from '@shardline/core'

/** What a {@link Vocabulary} is made from: a tokenizer, or part of one. */
export interface TokenTable {
  /** Ids are below this. */
  readonly vocabularySize: number
  /** The bytes that a token adds to a text, or undefined if it adds none. */
  tokenBytes(id: number): Uint8Array | undefined
}

/**
 * The texts of all tokens as a prefix tree, laid out in the order of a walk: the subtree of node i is what follows it
 * until `ends[i]`. So all tokens are tried against a document with each common beginning read once.
 */
export class Vocabulary {
  readonly size: number
  /** By node: the byte that leads to it. */
  readonly bytes: Uint8Array
  /** By node: bytes on the way to it, less one. */
  readonly depths: Uint16Array
  /** By node: the first node behind its subtree. */
  readonly ends: Int32Array
  /** By node: the lowest token that ends there, or -1. */
  readonly tokens: Int32Array
  /** By token: the next token of the same bytes, or -1. */
  readonly alike: Int32Array
  /** Bytes of each token; none for those that add no text. */
  readonly #texts: (Uint8Array | undefined)[]
  /** Bytes of the longest token. */
  readonly tokenBytesMost: number

  constructor(table: TokenTable) {
    this.size = table.vocabularySize
    this.#texts = Array.from({ length: this.size }, (_, id) => table.tokenBytes(id))
    this.alike = new Int32Array(this.size).fill(-1)
    const sorted = this.#sortedIds()
    this.tokenBytesMost = this.#texts.reduce((most, text) => Math.max(most, text?.length ?? 0), 1)
    assert(this.tokenBytesMost < 65_536, 'tokens are short', { bytes: this.tokenBytesMost })
    const shared = this.#sharedLengths(sorted)
    const nodes = sorted.reduce((sum, id, at) => sum + (this.#length(id) - (shared[at] ?? 0)), 0)
    this.bytes = new Uint8Array(nodes)
    this.depths = new Uint16Array(nodes)
    this.ends = new Int32Array(nodes).fill(nodes)
    this.tokens = new Int32Array(nodes).fill(-1)
    this.#layOut(sorted, shared)
  }

  /** Bytes of a token, or undefined if it adds no text. */
  text(id: number): Uint8Array | undefined {
    return this.#texts[id]
  }

  #length(id: number): number {
    return this.#texts[id]?.length ?? 0
  }

  /** Ids of tokens with a text, in the order of their bytes, then of ids. */
  #sortedIds(): readonly number[] {
    const keys = this.#texts.map((text) => (text === undefined ? '' : Buffer.from(text).toString('latin1')))
    const ids: number[] = []
    for (const [id, key] of keys.entries()) if (key !== '') ids.push(id)
    return ids.sort((a, b) => {
      const left = keys[a] ?? ''
      const right = keys[b] ?? ''
      return left < right ? -1 : left > right ? 1 : a - b
    })
  }

  /** For each sorted token, the bytes that it begins with like the one before. */
  #sharedLengths(sorted: readonly number[]): readonly number[] {
    return sorted.map((id, at) => {
      const text = this.#texts[id]
      const before = this.#texts[sorted[at - 1] ?? -1]
      if (text === undefined || before === undefined) return 0
      let shared = 0
      while (shared < text.length && shared < before.length && text[shared] === before[shared]) shared++
      return shared
    })
  }

  #layOut(sorted: readonly number[], shared: readonly number[]): void {
    /** Node at each depth on the way to the token before. */
    const way: number[] = []
    let node = 0
    for (const [at, id] of sorted.entries()) {
      const text = this.#texts[id] ?? new Uint8Array(0)
      const from = shared[at] ?? 0
      for (const closed of way.splice(from)) this.ends[closed] = node
      for (let depth = from; depth < text.length; depth++) {
        this.bytes[node] = text[depth] ?? 0
        this.depths[node] = depth
        way.push(node++)
      }
      this.#place(id, way.at(-1) ?? 0)
    }
  }

  #place(id: number, node: number): void {
    const first = this.tokens[node] ?? -1
    if (first === -1) {
      this.tokens[node] = id
      return
    }
    this.alike[id] = this.alike[first] ?? -1
    this.alike[first] = id
  }
}
