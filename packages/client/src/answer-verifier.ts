import { partyId } from '@shardline/identity'
import type { PartyId } from '@shardline/identity'
import type { AnswerEvent, AskContent } from '@shardline/wire'
import type { AnswerReport, OfferedModel } from './answer-source.ts'
import { ChoiceVerifier } from './choice-verifier.ts'
import { AskFailedError, DriverAnswerInvalidError, ValidatorUnexpectedError } from './errors.ts'

/** What an {@link AnswerVerifier} knows before the answer comes. */
export interface AnswerVerifierInit {
  readonly ask: string
  readonly content: AskContent
  readonly driver: PartyId
  /** What the driver offers. */
  readonly models: readonly OfferedModel[]
  /** Who may sign; undefined: whoever the driver names. */
  readonly validators: readonly PartyId[] | undefined
  /** Microcredits per 1,000,000 tokens as locked by a market. */
  readonly lockedPrice: string | undefined
}

type Of<Type extends AnswerEvent['type']> = Extract<AnswerEvent, { readonly type: Type }>

interface Started {
  readonly event: Of<'started'>
  readonly validator: PartyId
  readonly choices: readonly ChoiceVerifier[]
}

/**
 * Checks the events of one answer as they come: their order, who signs, and every token.
 *
 * | state   | takes                                           | goes to                                    |
 * | ------- | ----------------------------------------------- | ------------------------------------------ |
 * | waiting | `started`                                       | running                                    |
 * | running | `piece`, `window`, `choice-ended` of each choice, `restaged` | done by `done`, once every choice has ended |
 * | any     | `failed`                                        | –                                          |
 */
export class AnswerVerifier {
  readonly #init: AnswerVerifierInit
  #started: Started | undefined
  #report: AnswerReport | undefined
  #isRestaged = false

  constructor(init: AnswerVerifierInit) {
    this.#init = init
  }

  /** What is known of the answer once `done` came; undefined before. */
  get report(): AnswerReport | undefined {
    return this.#report
  }

  /** Whether all of the answer came and is signed to its end: the driver's last word, `done`, adds nothing to it. */
  get isWhole(): boolean {
    return this.#started?.choices.every((choice) => choice.isVerified) === true
  }

  /** What `done` would say of an answer that is whole; `reusedTokens` is the driver's to know. */
  done(times: Pick<Of<'done'>, 'timeToFirstTokenMs' | 'durationMs'>): Of<'done'> {
    const { promptTokens = 0 } = this.#started?.event ?? {}
    const outputTokens = this.#started?.choices.reduce((sum, { tokens }) => sum + tokens, 0) ?? 0
    return { type: 'done', promptTokens, outputTokens, reusedTokens: 0, ...times, isFailover: false }
  }

  /**
   * Takes the next event.
   *
   * @throws TokensUnverifiedError, ValidatorUnexpectedError, DriverAnswerInvalidError; AskFailedError for `failed`.
   */
  async take(event: AnswerEvent): Promise<void> {
    if (event.type === 'failed') throw new AskFailedError(event)
    if (this.#report !== undefined) throw this.#invalid(`${event.type} comes after the end`)
    if (event.type === 'started') {
      this.#start(event)
      return
    }
    if (this.#started === undefined) throw this.#invalid(`${event.type} comes before the start`)
    if (event.type === 'done') this.#finish(event, this.#started)
    else if (event.type === 'restaged') this.#restage(event, this.#started)
    else await this.#takeOfChoice(event, this.#started)
  }

  async #takeOfChoice(event: Of<'piece' | 'window' | 'choice-ended'>, started: Started): Promise<void> {
    const choice = started.choices[event.choice]
    if (choice === undefined)
      throw this.#invalid(`${event.type} of choice ${event.choice}, which was not asked for`)
    if (event.type === 'piece') choice.piece(event)
    else if (event.type === 'window') await choice.window(event)
    else choice.ended(event)
  }

  #start(event: Of<'started'>): void {
    const { content, models, ask } = this.#init
    if (this.#started !== undefined) throw this.#invalid('it starts twice')
    const model = models.find((offered) => offered.model === event.model)
    if (model === undefined || (content.model !== null && content.model !== event.model)) {
      throw this.#invalid(`model ${event.model} answers, which is not the one that was asked`)
    }
    const { seed } = content.sampling
    if (seed !== null && seed !== event.seed) {
      throw this.#invalid(`the seed is ${event.seed}; ${seed} was asked for`)
    }
    const validator = this.#validatorOf(event)
    const { stopStrings, maxTokens } = content
    const roomTokens = event.contextLength - event.promptTokens
    const common = { ask, modelDigest: model.digest, validator, stopStrings, maxTokens, roomTokens }
    const choices = Array.from(
      { length: content.choices },
      (_, choice) => new ChoiceVerifier({ ...common, choice }),
    )
    this.#started = { event, validator, choices }
  }

  /** From here on the validator that is named now signs. */
  #restage(event: Of<'restaged'>, started: Started): void {
    const validator = this.#validatorOf(event)
    for (const choice of started.choices) choice.signedBy(validator)
    this.#started = { ...started, event: { ...started.event, stages: event.stages }, validator }
    this.#isRestaged = true
  }

  #validatorOf({ stages }: Pick<Of<'started'>, 'stages'>): PartyId {
    const { validators } = this.#init
    const given = stages.filter(({ role }) => role === 'validator').map(({ party }) => party)
    const [first = 'nobody'] = given
    if (given.length !== 1) throw new ValidatorUnexpectedError(given.join(', ') || first, validators ?? [])
    if (validators !== undefined && !validators.some((id) => id === first)) {
      throw new ValidatorUnexpectedError(first, validators)
    }
    try {
      return partyId(first)
    } catch {
      throw new ValidatorUnexpectedError(first, validators ?? [])
    }
  }

  #finish(event: Of<'done'>, { event: start, validator, choices }: Started): void {
    const open = choices.findIndex((choice) => !choice.isVerified)
    if (open >= 0) throw this.#invalid(`choice ${open} has not ended`)
    const tokens = choices.reduce((sum, choice) => sum + choice.tokens, 0)
    if (event.outputTokens !== tokens) {
      throw this.#invalid(`it counts ${event.outputTokens} tokens; ${tokens} are signed`)
    }
    this.#report = {
      ask: this.#init.ask,
      driver: this.#init.driver,
      validator,
      stages: start.stages.map(({ role, party }) => ({ role, party })),
      isVerified: true,
      isFailover: event.isFailover || this.#isRestaged,
      billed: undefined,
      lockedPrice: this.#init.lockedPrice,
      payment: undefined,
    }
  }

  #invalid(what: string): DriverAnswerInvalidError {
    return new DriverAnswerInvalidError(this.#init.driver, what)
  }
}
