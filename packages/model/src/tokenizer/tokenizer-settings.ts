import { TokenizerInvalidError } from '../errors.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'

/** What is used of tokenizer_config.json. */
export interface TokenizerSettings {
  readonly bosToken: string | undefined
  readonly eosToken: string | undefined
  readonly isBosAdded: boolean
  /** Sources of the chat templates by name; one without a name is `default`. */
  readonly chatTemplates: ReadonlyMap<string, string>
}

/**
 * Reads tokenizer_config.json; without one, nothing is set.
 *
 * @throws TokenizerInvalidError if it is no JSON object.
 */
export function readTokenizerSettings(text: string | undefined, reference: string): TokenizerSettings {
  const settings = text === undefined ? {} : parseObject(text, `tokenizer_config.json of ${reference}`)
  return {
    bosToken: tokenText(settings['bos_token']),
    eosToken: tokenText(settings['eos_token']),
    isBosAdded: settings['add_bos_token'] === true,
    chatTemplates: templatesOf(settings['chat_template']),
  }
}

/** The id of a token, if the vocabulary has it. */
export function tokenIdOf(definition: TokenizerDefinition, token: string | undefined): number | undefined {
  if (token === undefined) return undefined
  const added = definition.added_tokens.find(({ content }) => content === token)
  if (added !== undefined) return added.id
  return Object.hasOwn(definition.model.vocab, token) ? definition.model.vocab[token] : undefined
}

function parseObject(text: string, where: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TokenizerInvalidError(where, 'it is no JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TokenizerInvalidError(where, 'it is no JSON object')
  return value as Record<string, unknown>
}

/** A token is written as its text or as an object with its text as `content`. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string')
    return value.content
  return undefined
}

function templatesOf(value: unknown): ReadonlyMap<string, string> {
  if (typeof value === 'string') return new Map([['default', value]])
  const templates = new Map<string, string>()
  if (!Array.isArray(value)) return templates
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('template' in entry)) continue
    if (typeof entry.name === 'string' && typeof entry.template === 'string')
      templates.set(entry.name, entry.template)
  }
  return templates
}
