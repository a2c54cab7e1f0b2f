/** Turns text into token ids and back, as the checkpoint defines it. */
export interface Tokenizer {
  readonly vocabularySize: number
  /** Ids of special tokens (control tokens that are no text). */
  readonly specialTokenIds: ReadonlySet<number>
  /**
   * Token ids of `text`.
   *
   * @param options.addSpecial whether the tokens that the checkpoint puts around a text (such as BOS) are added. Chat templates write their own. @default false
   */
  encode(text: string, options?: { readonly addSpecial?: boolean }): readonly number[]
  /** Text of `ids`; special tokens are left out unless `keepSpecial`. */
  decode(ids: readonly number[], options?: { readonly keepSpecial?: boolean }): string
  /**
   * The bytes that a token adds to a text, or undefined if it adds none: a special token, or an id without a token.
   * They need not be whole characters. What is dropped at the start of a text (see {@link TokenStream}) is still there.
   */
  tokenBytes(id: number): Uint8Array | undefined
  /** A decoder for one answer that arrives token by token. */
  stream(): TokenStream
}

/** Streaming detokenization: what has been returned so far is always a prefix of the final text and never ends inside a character. */
export interface TokenStream {
  /** Takes the next token and returns the text that is now certain; may be empty. */
  push(id: number): string
  /** Returns what was still held back. Incomplete bytes become U+FFFD. */
  end(): string
}

/** Who says something in a chat. */
export type ChatRole = 'system' | 'user' | 'assistant' | 'tool'

/** One turn of a chat. */
export interface ChatMessage {
  readonly role: ChatRole
  readonly content: string
}

/** One turn of a chat as a user's program gives it. */
export interface ChatTurn {
  /** Whatever the template knows; it may refuse others. */
  readonly role: string
  /** Null in a turn that only calls tools. */
  readonly content: string | null
  /** Further fields that the template may read, such as `tool_calls`, `tool_call_id` or `name`: values of JSON. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** How a chat is rendered. */
export interface RenderOptions {
  /** Whether the text ends where the assistant's answer begins. @default true */
  readonly addGenerationPrompt?: boolean
  /** What the model may call, as values of JSON; only templates with `takesTools` read them. @default none */
  readonly tools?: readonly unknown[]
}

/** The checkpoint's own way to write a chat as text. */
export interface ChatTemplate {
  /** The template's source (Jinja). */
  readonly source: string
  /** Whether the template writes the tools that it is given. */
  readonly takesTools: boolean
  /**
   * Renders a chat as the text that the model was trained on.
   *
   * @throws ChatTemplateError if the template refuses these messages.
   */
  render(messages: readonly ChatTurn[], options?: RenderOptions): string
}
