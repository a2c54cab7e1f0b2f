import type { Random } from '@shardline/core'
import { ChatSession } from '../chat/chat-session.ts'
import { LocalChat } from '../chat/local-chat.ts'
import type { DriverHost } from '../cluster/driver-host.ts'
import { ChatTemplateMissingError } from '../errors.ts'
import { ANSWER_TOKENS_DEFAULT } from '../limits.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import { resolveFlags } from './resolve-flags.ts'

/** Options of {@link openChat}. */
export interface OpenChatInit {
  readonly flags: Partial<SamplingFlags>
  readonly system: string | undefined
  readonly random: Random
}

/**
 * Opens a chat over a formed pipeline.
 *
 * @throws TokenizerMissingError, ChatTemplateMissingError, SamplingOptionInvalidError.
 */
export async function openChat(host: DriverHost, init: OpenChatInit): Promise<LocalChat> {
  const { checkpoint, chatTemplate, pipeline } = host
  const tokenizer = host.tokenizer ?? (await checkpoint.tokenizer())
  if (chatTemplate === undefined) throw new ChatTemplateMissingError(checkpoint.reference)
  const session = new ChatSession(
    { pipeline, tokenizer, chatTemplate },
    {
      system: init.system,
      sampling: resolveFlags(init.flags, checkpoint, init.random),
      stopStrings: init.flags.stop ?? [],
      maxTokens: init.flags.maxTokens ?? checkpoint.suggestedSampling.maxTokens ?? ANSWER_TOKENS_DEFAULT,
      capacity: host.contextLength,
    },
  )
  return new LocalChat(session)
}
