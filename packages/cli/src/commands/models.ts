import type { Command } from 'commander'
import { addPrecisionOption } from '../options/model-options.ts'
import { addJsonOption, addOutputOptions } from '../options/output-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'
import { addExamples } from './examples.ts'
import type { CacheOptions } from './models-cache-action.ts'
import type { PullOptions } from './models-pull-action.ts'

/** Adds `shardline models` with its four commands. */
export function addModelsCommand(program: Command, context: CommandContext): void {
  const models = program.command('models').description('List, fetch and look into models; manage the cache.')
  addList(models, context)
  addPull(models, context)
  addInspect(models, context)
  addCache(models, context)
  addExamples(models, [
    ['What is here?', 'shardline models list'],
    [
      'Fetch a model, so that it is here when there is no network',
      'shardline models pull HuggingFaceTB/SmolLM2-135M-Instruct',
    ],
  ])
}

function addList(models: Command, context: CommandContext): void {
  const command = addJsonOption(
    models.command('list').description('The bundled model and those that were downloaded.'),
  )
  addExamples(command, [['For a program', 'shardline models list --json']])
  command.action(async (options: OutputOptions) => {
    const { runList } = await import('./models-list-action.ts')
    await runList(options, context)
  })
}

function addPull(models: Command, context: CommandContext): void {
  const command = models
    .command('pull')
    .description('Download a model as a whole and pack it, so that it starts at once and without a network.')
    .argument(
      '<reference>',
      'http(s) address or hub id such as org/name, org/name@revision or org/name:file.gguf',
    )
  addOutputOptions(addPrecisionOption(command))
  addExamples(command, [['From a hub', 'shardline models pull HuggingFaceTB/SmolLM2-135M-Instruct']])
  command.action(async (reference: string, options: PullOptions) => {
    const { runPull } = await import('./models-pull-action.ts')
    await runPull(reference, options, context)
  })
}

function addInspect(models: Command, context: CommandContext): void {
  const command = models
    .command('inspect')
    .description(
      'Shape, family, tensor formats, memory of a layer at each precision, and what is promised of its results.',
    )
    .argument(
      '[reference]',
      'folder, .gguf file, http(s) address or hub id (default: the bundled storyteller)',
    )
  addJsonOption(command)
  addExamples(command, [['A file', 'shardline models inspect ./SmolLM2-135M-Instruct.Q4_1.gguf']])
  command.action(async (reference: string | undefined, options: OutputOptions) => {
    const { runInspect } = await import('./models-inspect-action.ts')
    await runInspect(reference, options, context)
  })
}

function addCache(models: Command, context: CommandContext): void {
  const command = models
    .command('cache')
    .description('Where downloads and packed weights are kept, and how much room they take.')
    .option('--clear', 'remove all of it; models are downloaded and packed again when they are needed')
  addOutputOptions(command)
  addExamples(command, [
    ['How large is it?', 'shardline models cache'],
    ['Make room', 'shardline models cache --clear'],
  ])
  command.action(async (options: CacheOptions) => {
    const { runCache } = await import('./models-cache-action.ts')
    await runCache(options, context)
  })
}
