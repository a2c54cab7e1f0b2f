import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

/** The model that is part of the repository. */
export const STORYTELLER: string = fileURLToPath(new URL('../../../../models/storyteller', import.meta.url))

/** Folder with more models, if this machine has them. */
export const TEST_MODELS: string | undefined = process.env['SHARDLINE_TEST_MODELS']

/** What tap takes as `skip`: a reason, or false where the models are there. */
export const SKIP_WITHOUT_MODELS: string | false =
  TEST_MODELS === undefined ? 'SHARDLINE_TEST_MODELS is not set' : false

/** A path inside the folder with more models. */
export function testModel(...parts: readonly string[]): string {
  return join(TEST_MODELS ?? '', ...parts)
}
