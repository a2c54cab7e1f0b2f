import { ShardlineError } from '@shardline/core'

// Sources: files, plain web servers, hubs.

/** A range that was asked for does not lie inside its source. */
export class SourceRangeError extends ShardlineError {
  override readonly name = 'SourceRangeError'
  readonly code = 'MODEL_SOURCE_RANGE'

  constructor(
    source: { readonly label: string; readonly sizeBytes: number },
    offset: number,
    length: number,
  ) {
    super(
      `${length} bytes from ${offset} on do not lie inside ${source.label}, which has ${source.sizeBytes} bytes`,
      {
        details: { source: source.label, sizeBytes: source.sizeBytes, offset, length },
      },
    )
  }
}

/** Bytes of a local file can't be had. */
export class SourceReadError extends ShardlineError {
  override readonly name = 'SourceReadError'
  readonly code = 'MODEL_SOURCE_READ'

  constructor(source: string, why: string, cause?: unknown) {
    super(`cannot read ${source}: ${why}${systemReason(cause)}`, { details: { source }, cause })
  }
}

/** A checkpoint has no file of that name. */
export class FileMissingError extends ShardlineError {
  override readonly name = 'FileMissingError'
  readonly code = 'MODEL_FILE_MISSING'

  constructor(reference: string, file: string) {
    super(`${reference} has no file ${JSON.stringify(file)}`, { details: { reference, file } })
  }
}

/** A file that is read as a whole is over its limit. */
export class FileTooLargeError extends ShardlineError {
  override readonly name = 'FileTooLargeError'
  readonly code = 'MODEL_FILE_TOO_LARGE'

  constructor(file: string, sizeBytes: number, limitBytes: number) {
    super(`${file} has ${sizeBytes} bytes, over the limit of ${limitBytes}`, {
      details: { file, sizeBytes, limitBytes },
    })
  }
}

/** A file name leads out of its folder or can't be stored everywhere: absolute, with `..`, a backslash or a control character. */
export class FileNameRefusedError extends ShardlineError {
  override readonly name = 'FileNameRefusedError'
  readonly code = 'MODEL_FILE_NAME_REFUSED'

  constructor(file: string) {
    super(
      `the file name ${JSON.stringify(file.slice(0, 200))} is refused: it must be relative, with forward slashes and without "..", backslashes or control characters`,
    )
  }
}

/** What was written is no path that exists and no form of reference that is known. */
export class ReferenceUnknownError extends ShardlineError {
  override readonly name = 'ReferenceUnknownError'
  readonly code = 'MODEL_REFERENCE_UNKNOWN'

  constructor(reference: string, why: string) {
    super(
      `${JSON.stringify(reference)} names no model: ${why}. Write a folder, a .gguf file, an http(s) address of a file, or a hub id such as org/name, org/name@revision or org/name:file.gguf`,
      { details: { reference } },
    )
  }
}

/** Several models fit a reference. */
export class ReferenceAmbiguousError extends ShardlineError {
  override readonly name = 'ReferenceAmbiguousError'
  readonly code = 'MODEL_REFERENCE_AMBIGUOUS'
  /** File names to choose from. */
  readonly candidates: readonly string[]

  constructor(reference: string, candidates: readonly string[]) {
    super(
      `${reference} holds several models: ${candidates.join(', ')}. Choose one as ${reference}:${candidates[0] ?? 'file.gguf'}`,
      {
        details: { reference, candidates },
      },
    )
    this.candidates = candidates
  }
}

/** The operating system's own words, where it gave some. */
function systemReason(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
}
