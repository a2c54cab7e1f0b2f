import type { FileHandle } from 'node:fs/promises'
import { open, readFile } from 'node:fs/promises'

/** One line: block index and checksum, both as eight hexadecimal digits. */
const LINE = /^([0-9a-f]{8}) ([0-9a-f]{8})$/

/**
 * Which blocks of a file are there, with their checksums: a text file that only grows, one short line for each block.
 *
 * A line is appended in one write after the block's bytes are, so several processes can share a journal. A line that was cut
 * by a crash doesn't match and is skipped; a line whose bytes never reached the disk has a checksum that doesn't fit.
 */
export class BlockJournal implements AsyncDisposable {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Opens the journal and returns it with the checksums by block. */
  static async open(
    path: string,
    blockCount: number,
  ): Promise<{ readonly journal: BlockJournal; readonly checksums: Map<number, number> }> {
    const text = await readFile(path, 'latin1').catch(() => '')
    const checksums = new Map<number, number>()
    for (const line of text.split('\n')) {
      const [, index, checksum] = LINE.exec(line) ?? []
      if (index === undefined || checksum === undefined) continue
      const block = Number.parseInt(index, 16)
      if (block < blockCount) checksums.set(block, Number.parseInt(checksum, 16))
    }
    const handle = await open(path, 'a')
    // Ends a line that was cut, so that the next one stands alone.
    if (text !== '' && !text.endsWith('\n')) await handle.write('\n')
    return { journal: new BlockJournal(handle), checksums }
  }

  async add(block: number, checksum: number): Promise<void> {
    await this.#handle.write(`${hex(block)} ${hex(checksum)}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
