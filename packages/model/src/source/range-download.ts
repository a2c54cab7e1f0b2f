import { SourceChangedError, SourceProtocolError, SourceRefusedError } from '../errors.ts'
import type { HttpAnswer, HttpClient } from './http-client.ts'
import { addressOf } from './http-client.ts'
import type { RemoteFile } from './remote-file.ts'
import { etagOf } from './remote-file.ts'
import { TransientError } from './retry.ts'

/** What {@link downloadRange} fetches. */
export interface RangeDownloadInit {
  readonly client: HttpClient
  readonly file: RemoteFile
  /** First byte. */
  readonly start: number
  /** One past the last byte. */
  readonly end: number
  readonly blockBytes: number
  /** Gets every block, in order; the next is not received before it resolves. */
  readonly onBlock: (block: number, bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}

/** Whether the range was received, or the server sends the whole file although a range was asked for. */
export type RangeOutcome = 'done' | 'range-ignored'

/**
 * Fetches `start` to `end`, both at block borders or the end of the file, and hands it on block by block.
 * A broken connection goes on from the byte where it stopped; each whole block counts as progress.
 *
 * If the server ignores ranges, nothing is received, unless the range is the whole file.
 *
 * @throws SourceChangedError if the file is not what it was; SourceProtocolError; SourceRefusedError;
 * SourceUnreachableError after too many attempts without progress.
 */
export async function downloadRange(init: RangeDownloadInit): Promise<RangeOutcome> {
  const { client, file, signal } = init
  const assembler = new BlockAssembler(init)
  const retrying = client.retrying()
  return retrying.run(
    addressOf(file.url),
    async () => {
      await using answer = await request(init, assembler.position)
      const start = startOf(answer, init, assembler.position)
      if (start === undefined) return 'range-ignored'
      if (start === 0) assembler.restart()
      for await (const chunk of answer.chunks()) {
        // Reading on until the end, instead of leaving at the last byte, lets the connection be used again.
        if (assembler.isDone) break
        if (await assembler.add(chunk)) retrying.progressed()
      }
      if (!assembler.isDone) throw new TransientError(`the answer ends at byte ${assembler.position}`)
      return 'done'
    },
    signal,
  )
}

async function request(init: RangeDownloadInit, start: number): Promise<HttpAnswer> {
  const { client, file, signal, end } = init
  try {
    return await client.send({
      method: 'GET',
      url: file.url,
      signal,
      headers: { range: `bytes=${start}-${end - 1}` },
    })
  } catch (cause) {
    // "Range not satisfiable": the file has become shorter.
    if (cause instanceof SourceRefusedError && cause.status === 416) throw changed(file, 'shorter')
    throw cause
  }
}

/** Where the answer's body starts; undefined if it is the whole file although a part was asked for. */
function startOf(answer: HttpAnswer, init: RangeDownloadInit, asked: number): number | undefined {
  const { file, start, end } = init
  const address = addressOf(file.url)
  const encoding = answer.headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity')
    throw new SourceProtocolError(address, `it is encoded as ${encoding} although that was not asked for`)
  const etag = etagOf(answer)
  if (etag !== file.etag) throw changed(file, etag === '' ? 'without an entity tag' : etag)
  if (answer.status === 206) {
    const [, from, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '') ?? []
    if (size !== undefined && size !== '*' && Number(size) !== file.sizeBytes)
      throw changed(file, `${size} bytes long`)
    if (from === undefined || Number(from) !== asked)
      throw new SourceProtocolError(address, `bytes from ${asked} on were asked for, but it sends others`)
    return asked
  }
  return start === 0 && end === file.sizeBytes ? 0 : undefined
}

function changed(file: RemoteFile, now: string): SourceChangedError {
  return new SourceChangedError(
    addressOf(file.url),
    `${file.etag || 'untagged'}, ${file.sizeBytes} bytes`,
    now,
  )
}

/** Puts chunks of any length together to blocks. */
class BlockAssembler {
  readonly #init: RangeDownloadInit
  #block: Uint8Array
  #blockStart: number
  #filled = 0

  constructor(init: RangeDownloadInit) {
    this.#init = init
    this.#blockStart = init.start
    this.#block = new Uint8Array(this.#lengthAt(init.start))
  }

  /** The next byte that is needed. */
  get position(): number {
    return this.#blockStart + this.#filled
  }

  get isDone(): boolean {
    return this.position >= this.#init.end
  }

  /** Begins at the start of the file again, because the server can't go on in the middle. */
  restart(): void {
    this.#blockStart = 0
    this.#filled = 0
    this.#block = new Uint8Array(this.#lengthAt(0))
  }

  /** Takes bytes that follow; tells whether a block became whole. Bytes past the end are ignored. */
  async add(chunk: Uint8Array): Promise<boolean> {
    let isWhole = false
    for (let taken = 0; taken < chunk.length && !this.isDone;) {
      const count = Math.min(chunk.length - taken, this.#block.length - this.#filled)
      this.#block.set(chunk.subarray(taken, taken + count), this.#filled)
      this.#filled += count
      taken += count
      if (this.#filled < this.#block.length) break
      await this.#init.onBlock(Math.floor(this.#blockStart / this.#init.blockBytes), this.#block)
      this.#blockStart += this.#filled
      this.#filled = 0
      this.#block = new Uint8Array(this.#lengthAt(this.#blockStart))
      isWhole = true
    }
    return isWhole
  }

  #lengthAt(start: number): number {
    return Math.max(0, Math.min(this.#init.blockBytes, this.#init.end - start))
  }
}
