import { CleanupStack } from '@shardline/core'
import type { Pipeline } from '@shardline/driver'
import { GivenStages } from '../stages/given-stages.ts'
import { openDriverModel } from './driver-model.ts'
import type { DriverModel, DriverModelInit } from './driver-model.ts'

/** A driver in this process: a formed pipeline, and what its user needs to turn text into tokens. */
export interface DriverHost extends Omit<DriverModel, 'form' | 'precision'> {
  readonly pipeline: Pipeline
}

/** Options of {@link hostDriver}. */
export interface DriverHostInit extends Omit<DriverModelInit, 'stages'> {
  /** Addresses of the workers, in the order of their layers. */
  readonly workers: readonly string[]
  readonly validator: string
  /** Who stands by to take a lost stage's place. @default nobody */
  readonly spares?:
    { readonly workers: readonly string[]; readonly validators: readonly string[] } | undefined
}

/**
 * Opens the model and forms a pipeline over nodes that run.
 *
 * @throws what openDriverModel and formPipeline throw; everything opened so far is closed then.
 */
export function hostDriver(init: DriverHostInit): Promise<DriverHost> {
  const { workers, validator, spares = { workers: [], validators: [] }, ...model } = init
  return hostModel({ ...model, stages: new GivenStages({ workers, validator, spares }) })
}

/** The same over nodes of any source. */
export async function hostModel(init: DriverModelInit): Promise<DriverHost> {
  await using building = new CleanupStack()
  const model = await openDriverModel(init)
  building.add(async () => model[Symbol.asyncDispose]())
  const pipeline = await model.form(undefined, init.signal)
  building.add(async () => pipeline[Symbol.asyncDispose]())
  const cleanup = building.release()
  const { checkpoint, tokenizer, chatTemplate, contextLength } = model
  return {
    pipeline,
    checkpoint,
    tokenizer,
    chatTemplate,
    contextLength,
    [Symbol.asyncDispose]: () => cleanup.run(),
  }
}
