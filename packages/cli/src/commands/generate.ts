import type { Command } from 'commander'
import { addAnswerFormatFlags } from '../options/answer-format-flags.ts'
import { addInputOptions, addRenderOptions } from '../options/input-options.ts'
import { addPipelineOptions } from '../options/model-options.ts'
import { addDigestOption, addOutputOptions } from '../options/output-options.ts'
import { addLogprobsOption, addSamplingFlags } from '../options/sampling-flags.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { GenerateOptions } from './generate-action.ts'

/** Adds `shardline generate`. */
export function addGenerateCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('generate')
    .description(
      'Answer one prompt: the text goes to standard output, a picture of the stages to standard error.',
    )
  addInputOptions(command)
  addRenderOptions(command)
  addPipelineOptions(command, { workersDefault: 0, workersMin: 0 })
  addLogprobsOption(addAnswerFormatFlags(addSamplingFlags(command)))
  addDigestOption(command)
  addOutputOptions(command)
  addExamples(command, [
    [
      'One answer of the bundled model, in one process',
      'shardline generate --prompt "Tell me a story about a fox."',
    ],
    [
      'Spread over two worker processes, as an object with digest and speeds',
      'shardline generate --workers 2 --seed 1 --json --prompt "Tell me a story about a fox."',
    ],
    ['JSON that a schema allows', 'shardline generate --json-schema person.json --prompt "Invent a person."'],
    ['A model without a tokenizer', 'shardline generate --model ./my-model --ids prompt.json --json'],
  ])
  command.action(async (options: GenerateOptions) => {
    const { runGenerate } = await import('./generate-action.ts')
    await runGenerate(options, context)
  })
}
