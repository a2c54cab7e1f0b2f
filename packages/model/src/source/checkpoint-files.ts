import type { ByteSource } from '../byte-source.ts'

/** The files of one checkpoint, wherever they are: a folder, a single file, a plain web server or a hub. */
export interface CheckpointFiles extends AsyncDisposable {
  /** What the user wrote. */
  readonly reference: string
  /** Names of the files that are there, relative, with forward slashes; a single file has one name. */
  readonly names: readonly string[]
  /** Opens a file for random access; the same source for the same name, closed with this object. @throws FileMissingError. */
  open(name: string): Promise<ByteSource>
  /** A small text file as UTF-8, or undefined if there is none. @throws FileTooLargeError above the limit for side files. */
  readText(name: string): Promise<string | undefined>
  /** SHA-256 (hex) of a file's content. Remembered by path, size and modification time, or taken from the hub's checksum. */
  sha256(name: string): Promise<string>
}
