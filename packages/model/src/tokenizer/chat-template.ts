import { Script, createContext } from 'node:vm'
import { Environment, Interpreter, Template } from '@huggingface/jinja'
import type { Clock } from '@shardline/core'
import { systemClock } from '@shardline/core'
import { ChatTemplateError } from '../errors.ts'
import {
  CHAT_CHARACTERS_MAX,
  CHAT_RANGE_ENTRIES_MAX,
  CHAT_RENDER_MS_MAX,
  CHAT_TEMPLATE_CHARACTERS_MAX,
} from '../limits.ts'
import type { ChatTemplate, ChatTurn, RenderOptions } from '../tokenizer.ts'
import { strftime } from './strftime.ts'

/** Options of {@link createChatTemplate}. */
export interface ChatTemplateInit {
  /** Text of the token that starts a sequence. @default undefined (templates see an empty text) */
  readonly bosToken?: string | undefined
  /** Text of the token that ends an answer. @default undefined (templates see an empty text) */
  readonly eosToken?: string | undefined
  /** UTF-16 units of a rendered chat at the most. @default CHAT_CHARACTERS_MAX */
  readonly charactersMax?: number
  /** Time that one rendering takes at the most. @default CHAT_RENDER_MS_MAX */
  readonly renderMsMax?: number
  /** What templates that write today's date (`strftime_now`) see, in UTC. @default systemClock */
  readonly clock?: Clock
}

/**
 * A chat template from its Jinja source.
 *
 * Templates come with checkpoints, so they may be hostile: the source's length, the time of a rendering, the length of its
 * output and of each `range()` are bounded. Memory within the time is not: a template that doubles a list can use much of it.
 *
 * @throws ChatTemplateError if the source is over its limit or no valid Jinja.
 */
export function createChatTemplate(source: string, init: ChatTemplateInit = {}): ChatTemplate {
  return new JinjaChatTemplate(source, init)
}

/** Runs a function under a time limit: only code that is started by a script can be interrupted. */
const CALL = new Script('call()')

/** The name `tools` in a statement or an expression. */
const TOOLS = /\{[{%][^}]*\btools\b/

class JinjaChatTemplate implements ChatTemplate {
  readonly source: string
  readonly takesTools: boolean
  readonly #init: ChatTemplateInit
  readonly #template: Template
  /** Where {@link CALL} runs. Made once: a context of its own for each rendering would cost more than the rendering. */
  readonly #context = createContext({ call: () => this.#action() })
  #action: () => void = () => undefined

  constructor(source: string, init: ChatTemplateInit) {
    if (source.length > CHAT_TEMPLATE_CHARACTERS_MAX) {
      throw new ChatTemplateError(
        `its source has ${source.length} characters, over the limit of ${CHAT_TEMPLATE_CHARACTERS_MAX}`,
      )
    }
    this.source = source
    this.takesTools = TOOLS.test(source)
    this.#init = init
    this.#template = this.#guard('its source cannot be read', () => new Template(source))
  }

  render(messages: readonly ChatTurn[], options: RenderOptions = {}): string {
    const text = this.#guard('it cannot be rendered for these messages', () => {
      const environment = this.#environment()
      // Copies, so that a template can't change the caller's messages.
      environment.set(
        'messages',
        messages.map(({ role, content, extra }) => ({ ...structuredClone(extra), role, content })),
      )
      if (options.tools !== undefined) environment.set('tools', structuredClone(options.tools))
      environment.set('add_generation_prompt', options.addGenerationPrompt ?? true)
      return String(new Interpreter(environment).run(this.#template.parsed).value)
    })
    const charactersMax = this.#init.charactersMax ?? CHAT_CHARACTERS_MAX
    if (text.length > charactersMax)
      throw new ChatTemplateError(
        `the chat has ${text.length} characters, over the limit of ${charactersMax}`,
      )
    return text
  }

  /** What a template can name. Made here and not by the library's `render`, whose `range` has no limit. */
  #environment(): Environment {
    const environment = new Environment()
    const clock = this.#init.clock ?? systemClock
    const globals = {
      true: true,
      True: true,
      false: false,
      False: false,
      none: null,
      None: null,
      bos_token: this.#init.bosToken ?? '',
      eos_token: this.#init.eosToken ?? '',
      range: boundedRange,
      strftime_now: (format: unknown) => strftime(clock.now(), String(format)),
      raise_exception: (message: unknown) => {
        throw new ChatTemplateError(String(message))
      },
    }
    for (const [name, value] of Object.entries(globals)) environment.set(name, value)
    return environment
  }

  #guard<T>(what: string, action: () => T): T {
    const timeout = this.#init.renderMsMax ?? CHAT_RENDER_MS_MAX
    let result: { readonly value: T } | undefined
    this.#action = () => {
      result = { value: action() }
    }
    try {
      CALL.runInContext(this.#context, { timeout })
    } catch (cause) {
      if (cause instanceof ChatTemplateError) throw cause
      throw new ChatTemplateError(`${what}: ${reasonOf(cause, timeout)}`, cause)
    } finally {
      // What was rendered isn't to stay in memory until the next time.
      this.#action = () => undefined
    }
    if (result === undefined) throw new ChatTemplateError(what)
    return result.value
  }
}

function reasonOf(cause: unknown, timeoutMs: number): string {
  if (typeof cause !== 'object' || cause === null || !('message' in cause)) return String(cause)
  if ('code' in cause && cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
    return `it took more than ${timeoutMs} ms`
  return String(cause.message)
}

/** Python's `range`, with a limit on its length. */
function boundedRange(...bounds: readonly unknown[]): readonly number[] {
  const [first = 0, second, third] = bounds.map(Number)
  const start = second === undefined ? 0 : first
  const end = second ?? first
  const step = third ?? 1
  const count = Math.max(0, Math.ceil((end - start) / step))
  if (!(count <= CHAT_RANGE_ENTRIES_MAX))
    throw new ChatTemplateError(`range() gives ${count} numbers, over the limit of ${CHAT_RANGE_ENTRIES_MAX}`)
  return Array.from({ length: count }, (_, i) => start + i * step)
}
