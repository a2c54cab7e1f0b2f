import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '../tidy/sources.ts'

/** Folder with real models for tests, or undefined if this machine has none. */
export const testModels: string | undefined = process.env['SHARDLINE_TEST_MODELS']

/** Why a test that needs a real model is skipped, or false if it isn't. */
export const skipWithoutModels: string | false =
  testModels === undefined ? 'SHARDLINE_TEST_MODELS is not set' : false

/** The bundled model. */
export const storyteller: string = path.join(root, 'models', 'storyteller')

/** A model below the test models' folder. */
export function testModel(...names: readonly string[]): string {
  return path.join(testModels ?? '', ...names)
}

/** A reference output beside the test models. */
export function readGolden<T>(...names: readonly string[]): T {
  return JSON.parse(readFileSync(path.join(testModels ?? '', '..', 'golden', ...names), 'utf8')) as T
}

/** Cache folder that the tests of one run share, so that a model is packed once. */
export function sharedCacheFolder(): string {
  const folder = process.env['SHARDLINE_CACHE'] ?? path.join(tmpdir(), 'shardline-test-cache')
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  return folder
}
