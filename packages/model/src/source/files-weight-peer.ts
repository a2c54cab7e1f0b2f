import type { CheckpointFiles } from './checkpoint-files.ts'
import type { WeightPeer, WeightRange } from './weight-peer.ts'
import { WeightsNotHeldError } from './weight-errors.ts'

/** The hub, or whatever else a reference names, as somebody who may hold a model's files. Opened when it is first asked. */
export class FilesWeightPeer implements WeightPeer {
  readonly label: string
  readonly #open: () => Promise<CheckpointFiles>
  #files: Promise<CheckpointFiles> | undefined

  /** @param open finds the files, as resolveReference does. */
  constructor(label: string, open: () => Promise<CheckpointFiles>) {
    this.label = label
    this.#open = open
  }

  /** @throws WeightsNotHeldError; what opening and reading throw. */
  async read(range: WeightRange, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    const { file, part, offset, length } = range
    // A hub tells the checksum of a whole file only.
    if (part === 'blocks') throw new WeightsNotHeldError(this.label, `the block hashes of ${file.name}`)
    const files = await this.#opened()
    const isThere = files.names.includes(file.name)
    const source = isThere ? await files.open(file.name) : undefined
    if (source?.sizeBytes !== file.sizeBytes)
      throw new WeightsNotHeldError(this.label, `${file.name} of ${file.sizeBytes} bytes`)
    return source.read(offset, length, options)
  }

  async close(): Promise<void> {
    const files = await this.#files?.catch(() => undefined)
    await files?.[Symbol.asyncDispose]()
  }

  #opened(): Promise<CheckpointFiles> {
    this.#files ??= this.#open().catch((cause: unknown) => {
      this.#files = undefined
      throw cause
    })
    return this.#files
  }
}
