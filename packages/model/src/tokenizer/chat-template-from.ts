import type { GgufMetadata } from '../gguf/metadata.ts'
import type { CheckpointFiles } from '../source/checkpoint-files.ts'
import type { ChatTemplate } from '../tokenizer.ts'
import type { ChatTemplateInit } from './chat-template.ts'
import { createChatTemplate } from './chat-template.ts'
import { ggufTokenText } from './gguf-vocabulary.ts'
import { readTokenizerSettings } from './tokenizer-settings.ts'

const GGUF_TEMPLATE_KEY = 'tokenizer.chat_template'

/**
 * The chat template of a checkpoint in files: `chat_template.jinja` if it is there, else what tokenizer_config.json has
 * (of several, the one called `default`); undefined if there is none.
 *
 * @throws ChatTemplateError if it is no valid Jinja; TokenizerInvalidError if tokenizer_config.json is malformed.
 */
export async function chatTemplateFromFiles(
  files: CheckpointFiles,
  init: ChatTemplateInit = {},
): Promise<ChatTemplate | undefined> {
  const settings = readTokenizerSettings(await files.readText('tokenizer_config.json'), files.reference)
  const source = (await files.readText('chat_template.jinja')) ?? settings.chatTemplates.get('default')
  if (source === undefined) return undefined
  return createChatTemplate(source, { bosToken: settings.bosToken, eosToken: settings.eosToken, ...init })
}

/** Whether there is a chat template inside a GGUF header. */
export function hasGgufChatTemplate(metadata: GgufMetadata): boolean {
  const source = metadata.get(GGUF_TEMPLATE_KEY)
  return typeof source === 'string' && source !== ''
}

/**
 * The chat template inside a GGUF header (`tokenizer.chat_template`); undefined if there is none.
 *
 * @throws ChatTemplateError if it is no valid Jinja.
 */
export function chatTemplateFromGguf(
  metadata: GgufMetadata,
  init: ChatTemplateInit = {},
): ChatTemplate | undefined {
  const source = metadata.get(GGUF_TEMPLATE_KEY)
  if (typeof source !== 'string' || source === '') return undefined
  const bosToken = ggufTokenText(metadata, 'tokenizer.ggml.bos_token_id')
  const eosToken = ggufTokenText(metadata, 'tokenizer.ggml.eos_token_id')
  return createChatTemplate(source, { bosToken, eosToken, ...init })
}
