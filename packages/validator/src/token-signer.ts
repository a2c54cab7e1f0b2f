import type { TokenTable } from '@shardline/engine'
import { FIRST_WINDOW_PREVIOUS, signTokenWindow } from '@shardline/identity'
import type { Identity, TokenWindow } from '@shardline/identity'
import type { SessionResume, WindowEnd, WireWindow } from '@shardline/wire'

/** What a {@link TokenSigner} works with. */
export interface TokenSignerComponents {
  /** Of the validator. */
  readonly signer: Pick<Identity, 'sign'>
  readonly tokens: Pick<TokenTable, 'tokenBytes'>
}

/** What a {@link TokenSigner} signs. */
export interface TokenSignerInit {
  readonly ask: string
  readonly choice: number
  readonly modelDigest: string
  /** Tokens of one window. */
  readonly windowTokens: number
  /** The windows that another validator signed; undefined if the answer begins here. */
  readonly resume: Pick<SessionResume, 'windows' | 'previous'> | undefined
}

const NO_BYTES = new Uint8Array()

/**
 * Signs the tokens of one answer in windows, each naming the one before, so that whoever asked can tell that they came
 * from here: all of them, in this order, for this request. The driver passes the windows on.
 */
export class TokenSigner {
  readonly #components: TokenSignerComponents
  readonly #init: TokenSignerInit
  #unsigned: TokenWindow['tokens'][number][] = []
  #windows: number
  #previous: string
  #isEnded = false

  constructor(components: TokenSignerComponents, init: TokenSignerInit) {
    this.#components = components
    this.#init = init
    this.#windows = init.resume?.windows ?? 0
    this.#previous = init.resume?.previous ?? FIRST_WINDOW_PREVIOUS
  }

  /** Takes the next token; the window that it completes, if any. A stop token ends the answer and is no part of it. */
  take({ id, isStop }: { readonly id: number; readonly isStop: boolean }): WireWindow | null {
    if (this.#isEnded) return null
    if (isStop) return this.#sign('stop-token')
    this.#unsigned.push({ id, bytes: this.#components.tokens.tokenBytes(id) ?? NO_BYTES })
    return this.#unsigned.length >= this.#init.windowTokens ? this.#sign('none') : null
  }

  /** The driver ends the answer here: the last window, unless a stop token was before. */
  close(): WireWindow | null {
    return this.#isEnded ? null : this.#sign('closed')
  }

  #sign(end: WindowEnd): WireWindow {
    const { ask, choice, modelDigest } = this.#init
    const previous = this.#previous
    const window = { ask, choice, modelDigest, window: this.#windows, end, tokens: this.#unsigned, previous }
    const { signature, hash } = signTokenWindow(this.#components.signer, window)
    this.#unsigned = []
    this.#windows += 1
    this.#previous = hash
    this.#isEnded = end !== 'none'
    return { end, previous, signature }
  }
}
