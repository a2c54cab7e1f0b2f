import type { ByteSource } from '../byte-source.ts'
import { GgufCutError, GgufInvalidError } from '../errors.ts'
import { GGUF_HEADER_BYTES_MAX } from '../limits.ts'
import type { GgufHeader, GgufParseOptions } from './parse-gguf-header.ts'
import { parseGgufHeader } from './parse-gguf-header.ts'

const FIRST_READ_BYTES = 1 << 20

/** Limits of {@link readGguf}. */
export interface GgufOptions extends GgufParseOptions {
  /** @default GGUF_HEADER_BYTES_MAX */
  readonly headerBytesMax?: number
}

/**
 * Reads the header of a GGUF file.
 *
 * A header does not say how long it is: parsing begins with the first MiB and starts over with four times as much when that
 * was too little, so that it costs at most a third more than knowing the length.
 *
 * @throws GgufCutError if the file ends inside its header; GgufInvalidError if the header is larger than allowed or
 * {@link parseGgufHeader} refuses it.
 */
export async function readGguf(source: ByteSource, options: GgufOptions = {}): Promise<GgufHeader> {
  const headerBytesMax = options.headerBytesMax ?? GGUF_HEADER_BYTES_MAX
  const readableBytes = Math.min(source.sizeBytes, headerBytesMax)
  for (
    let length = Math.min(FIRST_READ_BYTES, readableBytes);
    ;
    length = Math.min(length * 4, readableBytes)
  ) {
    const bytes = await source.read(0, length)
    const header = parseIfWhole(bytes, source, options)
    if (header !== undefined) return header
    if (length === source.sizeBytes) throw new GgufCutError(source.label, source.sizeBytes)
    if (length === readableBytes)
      throw new GgufInvalidError(source.label, `its header is larger than ${headerBytesMax} bytes`)
  }
}

function parseIfWhole(
  bytes: Uint8Array,
  source: ByteSource,
  options: GgufParseOptions,
): GgufHeader | undefined {
  try {
    return parseGgufHeader(bytes, source, options)
  } catch (error) {
    if (error instanceof GgufCutError) return undefined
    throw error
  }
}
