import type { ByteSource } from '../byte-source.ts'
import { SafetensorsInvalidError } from '../errors.ts'
import { SAFETENSORS_HEADER_BYTES_MAX } from '../limits.ts'
import type { TensorTable } from '../tensor-table.ts'
import { parseSafetensorsHeader } from './parse-safetensors-header.ts'

/** Limits of {@link readSafetensors}. */
export interface SafetensorsOptions {
  /** @default SAFETENSORS_HEADER_BYTES_MAX */
  readonly headerBytesMax?: number
}

/**
 * Reads the header of a safetensors file: eight bytes of length, then as many bytes of JSON; the tensors follow.
 *
 * @throws SafetensorsInvalidError if the file is too short or its header too large; what {@link parseSafetensorsHeader} throws.
 */
export async function readSafetensors(
  source: ByteSource,
  options: SafetensorsOptions = {},
): Promise<TensorTable> {
  const headerBytesMax = options.headerBytesMax ?? SAFETENSORS_HEADER_BYTES_MAX
  if (source.sizeBytes < 10)
    throw new SafetensorsInvalidError(source.label, 'it is shorter than the smallest header')
  const prefix = await source.read(0, 8)
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(headerBytesMax))
    throw new SafetensorsInvalidError(
      source.label,
      `its header has ${length} bytes; ${headerBytesMax} are allowed`,
    )
  const headerBytes = Number(length)
  if (headerBytes > source.sizeBytes - 8)
    throw new SafetensorsInvalidError(
      source.label,
      `its header has ${headerBytes} bytes, more than the file has left; is it cut off?`,
    )
  const text = decodeUtf8(await source.read(8, headerBytes), source.label)
  return parseSafetensorsHeader(text, 8 + headerBytes, source)
}

function decodeUtf8(bytes: Uint8Array, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new SafetensorsInvalidError(label, 'its header is no UTF-8', cause)
  }
}
