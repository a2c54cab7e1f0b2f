import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { SourceReadError } from '../errors.ts'
import { factOfContent } from './content-memory.ts'

/** Options of {@link fileSha256}. */
export interface FileSha256Options {
  /** Where digests are remembered. */
  readonly cacheFolder: string
  readonly signal?: AbortSignal
}

/**
 * SHA-256 (hex) of a local file's content, streamed; remembered as {@link factOfContent} says, so that a model is hashed once.
 *
 * @throws SourceReadError if the file can't be read.
 */
export async function fileSha256(path: string, options: FileSha256Options): Promise<string> {
  try {
    const found = await factOfContent(path, {
      cacheFolder: options.cacheFolder,
      suffix: '',
      isValid: (bytes) => /^[0-9a-f]{64}$/.test(bytes.toString('latin1')),
      compute: async (real) => Buffer.from(await hashStream(real, options.signal), 'latin1'),
    })
    return found.toString('latin1')
  } catch (cause) {
    throw new SourceReadError(path, 'its content cannot be hashed', cause)
  }
}

async function hashStream(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  const stream = createReadStream(path, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
