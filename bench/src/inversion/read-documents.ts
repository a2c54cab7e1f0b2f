import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One document in this many is kept for the test. */
const TEST_EVERY = 5

/** Texts to learn from, and others to be tried on. */
export interface Documents {
  readonly train: readonly string[]
  readonly test: readonly string[]
}

/** Reads all Markdown files of a folder, in order of their paths, and keeps every fifth for the test. */
export async function readDocuments(folder: string): Promise<Documents> {
  const names = await readdir(folder, { recursive: true })
  const paths = names.filter((name) => name.endsWith('.md')).toSorted()
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')))
  const isTest = (index: number): boolean => index % TEST_EVERY === TEST_EVERY - 1
  return {
    train: texts.filter((_, index) => !isTest(index)),
    test: texts.filter((_, index) => isTest(index)),
  }
}

/** The first tokens of each text, as many of each as possible so that together there are at most `tokensMax`. */
export function firstTokens(
  texts: readonly (readonly number[])[],
  tokensMax: number,
): readonly (readonly number[])[] {
  const perText = Math.floor(tokensMax / Math.max(1, texts.length))
  return texts.map((ids) => ids.slice(0, perText)).filter((ids) => ids.length > 0)
}
