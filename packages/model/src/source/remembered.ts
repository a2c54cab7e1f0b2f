import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TSchema, Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { SourceCacheError } from '../errors.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** A small JSON file of the cache, or undefined if it isn't there or not of the form that is expected. */
export async function recall<T extends TSchema>(path: string, schema: T): Promise<Static<T> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return Value.Check(schema, value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Writes a small JSON file of the cache. @throws SourceCacheError. */
export async function remember(path: string, value: unknown): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFileAtomically(path, `${JSON.stringify(value)}\n`)
  } catch (cause) {
    throw new SourceCacheError(path, 'it cannot be written', cause)
  }
}
