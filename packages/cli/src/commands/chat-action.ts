import { chatLoop } from '../chat/chat-loop.ts'
import type { PipelineOptions } from '../options/model-options.ts'
import type { SamplingFlags } from '../options/sampling-flags.ts'
import type { CommandContext } from './command-context.ts'
import { openChat } from './open-chat.ts'
import { openCluster } from './open-cluster.ts'

/** Options of `shardline chat`. */
export type ChatOptions = PipelineOptions &
  SamplingFlags & { readonly system: string | undefined; readonly quiet: boolean | undefined }

/** Talks over a local pipeline. */
export async function runChat(options: ChatOptions, context: CommandContext): Promise<void> {
  await using cluster = await openCluster(options, context)
  await using session = await openChat(cluster, {
    flags: options,
    system: options.system,
    random: context.random,
  })
  const { terminal, interrupt } = context
  if (terminal.isInteractive && options.quiet !== true) {
    terminal.note(`Talk to ${cluster.checkpoint.reference}; /help lists what can be typed.\n`)
  }
  await chatLoop({
    session,
    terminal,
    interrupt,
    firstPrompt: undefined,
    isSignalForAnswer: true,
    isQuiet: options.quiet === true,
  })
}
