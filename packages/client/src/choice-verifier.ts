import { hex } from '@scure/base'
import { FIRST_WINDOW_PREVIOUS, verifyTokenWindow } from '@shardline/identity'
import type { PartyId, TokenWindow } from '@shardline/identity'
import type { AnswerEvent } from '@shardline/wire'
import { TokensUnverifiedError } from './errors.ts'
import { VALIDATORS_PENDING_MAX, WINDOW_TOKENS_MAX } from './limits.ts'
import { SignedText } from './signed-text.ts'

type Of<Type extends AnswerEvent['type']> = Extract<AnswerEvent, { readonly type: Type }>

/** What the signatures of one answer are checked against. */
export interface ChoiceVerifierInit {
  readonly ask: string
  readonly choice: number
  readonly modelDigest: string
  readonly validator: PartyId
  readonly stopStrings: readonly string[]
  /** As asked; null if the driver chose. */
  readonly maxTokens: number | null
  /** Tokens of the answer with which the session is full. */
  readonly roomTokens: number
}

/** Checks one answer of a request against what the validator signed. */
export class ChoiceVerifier {
  readonly #init: ChoiceVerifierInit
  readonly #text = new SignedText()
  #unsigned: TokenWindow['tokens'] = []
  #signedTokens = 0
  #windows = 0
  #previous: string = FIRST_WINDOW_PREVIOUS
  #end: TokenWindow['end'] = 'none'
  #isEnded = false
  /** Those who may have signed the next window, the latest first. */
  #validators: readonly PartyId[]

  constructor(init: ChoiceVerifierInit) {
    this.#init = init
    this.#validators = [init.validator]
  }

  /** Another validator signs from now on; windows of the one before may still be on their way until its first one comes. */
  signedBy(validator: PartyId): void {
    const before = this.#validators.filter((other) => other !== validator)
    this.#validators = [validator, ...before].slice(0, VALIDATORS_PENDING_MAX)
  }

  /** Whether all of it came, and is signed. */
  get isVerified(): boolean {
    return this.#isEnded
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#signedTokens + this.#unsigned.length
  }

  /** @throws TokensUnverifiedError if the text isn't what the tokens say, or no signature came for too long. */
  piece({ text, tokens }: Of<'piece'>): void {
    if (this.#isEnded || (this.#end !== 'none' && tokens.length > 0)) {
      throw this.#refuse(0, 'tokens come after its signed end')
    }
    const taken = tokens.map(({ id, bytes }) => ({ id, bytes: hex.decode(bytes) }))
    const place = this.#unsigned.length
    this.#unsigned = [...this.#unsigned, ...taken]
    if (this.#unsigned.length > WINDOW_TOKENS_MAX) {
      throw this.#refuse(0, `more than ${WINDOW_TOKENS_MAX} tokens are not signed`)
    }
    if (!this.#text.add(taken, text)) throw this.#refuse(place, 'the text is not what its tokens say')
  }

  /**
   * Takes the signature of the tokens that come next. A validator that took over may sign in shorter windows than the one
   * before, and so fewer tokens than there are; an end is signed with the last of them.
   *
   * @throws TokensUnverifiedError if the window isn't the next one, isn't of the tokens that came, or isn't signed.
   */
  async window(event: Of<'window'>): Promise<void> {
    const { tokenIds, end, previous, signature } = event
    const waiting = this.#unsigned
    const tokens = waiting.slice(0, tokenIds.length)
    if (this.#isEnded || this.#end !== 'none') throw this.#refuse(0, 'a window comes after its signed end')
    if (event.window !== this.#windows) {
      throw this.#refuse(0, `window ${this.#windows} is missing, window ${event.window} came`)
    }
    const differs = tokens.findIndex(({ id }, index) => id !== tokenIds[index])
    if (differs >= 0) throw this.#refuse(differs, 'another token is signed')
    if (tokenIds.length !== tokens.length) throw this.#refuse(tokens.length, 'a signed token is missing')
    if (end !== 'none' && tokens.length < waiting.length) {
      throw this.#refuse(tokens.length, 'it is signed to end before this token')
    }
    if (previous !== this.#previous) throw this.#refuse(0, 'the window does not follow the one before')
    const { ask, choice, modelDigest } = this.#init
    const window = { ask, choice, modelDigest, window: this.#windows, end, tokens, previous }
    const hash = await this.#verify(window, signature)
    if (hash === undefined) throw this.#refuse(0, `the signature of window ${event.window} does not hold`)
    this.#signedTokens += tokens.length
    this.#unsigned = waiting.slice(tokens.length)
    this.#windows += 1
    this.#previous = hash
    this.#end = end
  }

  /** @throws TokensUnverifiedError if the end isn't signed, or isn't one that the tokens lead to. */
  ended({ finishReason, tokens }: Of<'choice-ended'>): void {
    if (this.#isEnded) throw this.#refuse(0, 'it ends twice')
    if (this.#unsigned.length > 0 || this.#end === 'none') throw this.#refuse(0, 'its end is not signed')
    if (tokens !== this.#signedTokens) {
      throw this.#refuse(0, `it is said to have ${tokens} tokens; ${this.#signedTokens} are signed`)
    }
    const rest = this.#text.rest()
    const isStopString = rest !== '' && this.#init.stopStrings.some((stop) => rest.startsWith(stop))
    if (rest !== '' && !isStopString) throw this.#refuse(0, 'some of its text was left out')
    if (!this.#isReason(finishReason, isStopString)) {
      throw this.#refuse(0, `it did not end by ${finishReason}`)
    }
    this.#isEnded = true
  }

  /** The hash of a window that one of those signed who may have; from then on nobody before that one may. */
  async #verify(window: TokenWindow, signature: string): Promise<string | undefined> {
    for (const [index, signer] of this.#validators.entries()) {
      const hash = await verifyTokenWindow({ window, signer, signature })
      if (hash === undefined) continue
      this.#validators = this.#validators.slice(0, index + 1)
      return hash
    }
    return undefined
  }

  #isReason(reason: Of<'choice-ended'>['finishReason'], isStopString: boolean): boolean {
    const { maxTokens, roomTokens } = this.#init
    if (reason === 'stop') return this.#end === 'stop-token' || isStopString
    if (reason === 'aborted' || this.#end !== 'closed') return false
    return maxTokens === null || this.#signedTokens === Math.min(maxTokens, roomTokens)
  }

  #refuse(unsignedIndex: number, why: string): TokensUnverifiedError {
    return new TokensUnverifiedError(
      { choice: this.#init.choice, token: this.#signedTokens + unsignedIndex },
      why,
    )
  }
}
