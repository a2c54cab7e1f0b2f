import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { EXPORT_LINE_BYTES_MAX, parseExportLine } from '@shardline/ledger'
import type { ExportLine } from '@shardline/ledger'
import { ExportMalformedError } from '@shardline/ledger'
import { OutputUnwritableError } from '../errors.ts'
import { systemReason } from '../run/system-reason.ts'

/** An export's file, open to be written at its end. */
export class ExportFile implements AsyncDisposable {
  /** The last whole line that was in it; undefined for a new file. */
  readonly last: ExportLine | undefined
  readonly #path: string
  readonly #file: FileHandle
  #sizeBytes: number

  private constructor(path: string, file: FileHandle, end: FileEnd) {
    this.#path = path
    this.#file = file
    this.last = end.last
    this.#sizeBytes = end.sizeBytes
  }

  /** Makes a new file. @throws OutputUnwritableError, also if there is one already. */
  static async create(path: string): Promise<ExportFile> {
    const file = await attempt(path, () => open(path, 'wx'))
    return new ExportFile(path, file, { last: undefined, sizeBytes: 0 })
  }

  /**
   * Opens a file to go on where it ends, or makes it. A line at the end that was cut off goes away with the next part.
   *
   * @throws OutputUnwritableError, ExportMalformedError if its last line is none of an export.
   */
  static async resume(path: string): Promise<ExportFile> {
    // Read and write, made if missing, never emptied: no mode in words says that.
    const { O_RDWR, O_CREAT } = (await import('node:fs')).constants
    const file = await attempt(path, () => open(path, O_RDWR | O_CREAT, 0o666))
    try {
      return new ExportFile(path, file, await readEnd(file))
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  /** Index of the entry that comes next. */
  get next(): bigint {
    switch (this.last?.type) {
      case undefined:
        return 0n
      case 'header':
        return this.last.from
      case 'entry':
        return this.last.index + 1n
      case 'checkpoint':
        return this.last.size
    }
  }

  /** Adds whole lines. @throws OutputUnwritableError */
  async append(text: string): Promise<void> {
    await attempt(this.#path, async () => {
      if (this.#sizeBytes !== (await this.#file.stat()).size) await this.#file.truncate(this.#sizeBytes)
      const bytes = Buffer.from(text)
      let written = 0
      while (written < bytes.length) {
        const { bytesWritten } = await this.#file.write(
          bytes,
          written,
          bytes.length - written,
          this.#sizeBytes + written,
        )
        written += bytesWritten
      }
      this.#sizeBytes += written
    })
  }

  /** Brings what was written to the disk. @throws OutputUnwritableError */
  async sync(): Promise<void> {
    await attempt(this.#path, () => this.#file.sync())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

interface FileEnd {
  readonly last: ExportLine | undefined
  /** Bytes up to the end of the last whole line. */
  readonly sizeBytes: number
}

const NEWLINE = 0x0a

/** Reads as much of the end as a line that was cut off and the whole line before it can have. */
async function readEnd(file: FileHandle): Promise<FileEnd> {
  const { size } = await file.stat()
  const tail = Buffer.alloc(Math.min(size, 2 * (EXPORT_LINE_BYTES_MAX + 1)))
  const start = size - tail.length
  await file.read(tail, 0, tail.length, start)
  const end = tail.lastIndexOf(NEWLINE)
  if (end < 0 && start > 0) throw new ExportMalformedError('its end is no line')
  if (end < 0) return { last: undefined, sizeBytes: 0 }
  const before = end === 0 ? -1 : tail.lastIndexOf(NEWLINE, end - 1)
  const last = parseExportLine(tail.subarray(before + 1, end).toString('utf8'))
  return { last, sizeBytes: start + end + 1 }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw new OutputUnwritableError(path, systemReason(cause), cause)
  }
}
