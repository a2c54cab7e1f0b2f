import type { ChatMessage, ChatTemplate, Checkpoint, Tokenizer } from '@shardline/model'
import { ChatTemplateMissingError } from '../errors.ts'
import type { RenderFlags } from '../options/input-options.ts'
import type { PromptInput } from './read-input.ts'

/** What a prompt is encoded with. */
export interface PromptModel {
  readonly checkpoint: Checkpoint
  readonly tokenizer: Tokenizer | undefined
  readonly chatTemplate: ChatTemplate | undefined
}

/**
 * Token ids of a prompt. A text becomes the user's turn of a chat; with `--raw`, or if the model has no chat template,
 * it is taken as it is, with the tokens that the checkpoint puts around a text.
 *
 * @throws TokenizerMissingError if there is a text and no tokenizer; ChatTemplateMissingError if there is a system text
 * and no template; ChatTemplateError.
 */
export async function encodePrompt(
  input: PromptInput,
  model: PromptModel,
  flags: Partial<RenderFlags> = {},
): Promise<readonly number[]> {
  if (input.kind === 'ids') return input.ids
  const tokenizer = model.tokenizer ?? (await model.checkpoint.tokenizer())
  const template = flags.raw === true ? undefined : model.chatTemplate
  if (template === undefined) {
    if (flags.system !== undefined) throw new ChatTemplateMissingError(model.checkpoint.reference)
    return tokenizer.encode(input.text, { addSpecial: true })
  }
  const messages: ChatMessage[] = []
  if (flags.system !== undefined) messages.push({ role: 'system', content: flags.system })
  messages.push({ role: 'user', content: input.text })
  return tokenizer.encode(template.render(messages), { addSpecial: false })
}
