import type { Command } from 'commander'
import { addPipelineOptions } from '../options/model-options.ts'
import { addQuietOption } from '../options/output-options.ts'
import { addSamplingFlags } from '../options/sampling-flags.ts'
import type { ChatOptions } from './chat-action.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'

/** Adds `shardline chat`. */
export function addChatCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('chat')
    .description(
      'Talk to a model, turn by turn; what was said stays in the cache. /help lists what can be typed.',
    )
    .option('--system <text>', 'what the model is told before the chat')
  addPipelineOptions(command, { workersDefault: 0, workersMin: 0 })
  addSamplingFlags(command)
  addQuietOption(command)
  addExamples(command, [
    ['Talk to the bundled model', 'shardline chat'],
    ['Over three worker processes', 'shardline chat --workers 3 --model HuggingFaceTB/SmolLM2-135M-Instruct'],
  ])
  command.action(async (options: ChatOptions) => {
    const { runChat } = await import('./chat-action.ts')
    await runChat(options, context)
  })
}
