import { join } from 'node:path'
import { InvalidValueError } from '@shardline/core'
import type { Clock } from '@shardline/core'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import type { InversionBenchOptions } from './inversion/inversion-bench-options.ts'
import { renderInversionReport } from './inversion/inversion-report.ts'
import type { InversionResults } from './inversion/inversion-results.ts'
import { measureModel } from './inversion/measure-model.ts'
import type { ModelMeasurements } from './inversion/measure-model.ts'
import { readDocuments } from './inversion/read-documents.ts'
import { describeMachine } from './machine.ts'
import { findModels } from './models.ts'
import { formatDay, writeResults } from './results.ts'

/** What the benchmark of rebuilding texts is given to work with. */
export interface InversionBenchContext {
  readonly options: InversionBenchOptions
  /** The folder `bench` of the repository. */
  readonly benchFolder: string
  readonly clock: Clock
  /** Told what is going on. */
  readonly onStatus: (text: string) => void
}

/**
 * How much of a text can be rebuilt from the hidden states that pass between stages. Writes the results and resolves with the report and the paths of the files.
 *
 * @throws InvalidValueError if there is no model to measure with.
 */
export async function benchInversion(
  context: InversionBenchContext,
): Promise<{ readonly markdown: string; readonly paths: readonly string[] }> {
  const { options, benchFolder, clock, onStatus } = context
  const { outFolder, testModelsFolder, ...settings } = options
  const machine = await describeMachine()
  const cacheFolder = join(benchFolder, '.cache')
  const models = await findModels({
    wanted: options.models,
    bundledFolder: join(benchFolder, '../models/storyteller'),
    testModelsFolder,
    cacheFolder,
    onStatus,
  })
  if (models.length === 0)
    throw new InvalidValueError('there is no model to measure with; name one with --models')
  const documents = await readDocuments(join(benchFolder, '../docs'))
  const measured: ModelMeasurements[] = []
  for (const { name: model, path } of models) {
    await using checkpoint = await openCheckpoint(path, { cacheFolder })
    await using embeddings = await openEmbeddingTable(checkpoint)
    measured.push(
      await measureModel({ model, checkpoint, embeddings, documents, cacheFolder, options, onStatus }),
    )
  }
  const results: InversionResults = {
    name: 'inversion',
    date: formatDay(clock.now()),
    machine,
    settings,
    models: measured.map(({ note }) => note),
    cuts: measured.flatMap(({ cuts }) => cuts),
    matches: measured.flatMap(({ matches }) => matches),
  }
  const markdown = renderInversionReport(results)
  const folder = outFolder ?? join(benchFolder, options.isQuick ? '.cache/results' : 'results')
  return { markdown, paths: await writeResults(folder, results, markdown) }
}
