import type { ByteSource } from '../byte-source.ts'
import type { SharedFile } from './shared-file.ts'

/** The files of one checkpoint, wherever they are: a folder, a single file, a plain web server or a hub. */
export interface CheckpointFiles extends AsyncDisposable {
  /** What the user wrote. */
  readonly reference: string
  /** Names of the files that are there, relative, with forward slashes; a single file has one name. */
  readonly names: readonly string[]
  /**
   * What vouches for the content besides disk and hub: of files from other nodes, an id of what was listed. What is made of
   * them is kept apart from what is made of others with the same digest. Undefined for disk and hub.
   */
  readonly origin: string | undefined
  /** Opens a file for random access; the same source for the same name, closed with this object. @throws FileMissingError. */
  open(name: string): Promise<ByteSource>
  /** A small text file as UTF-8, or undefined if there is none. @throws FileTooLargeError above the limit for side files. */
  readText(name: string): Promise<string | undefined>
  /** SHA-256 (hex) of a file's content. Remembered by path, size and modification time, or taken from the hub's checksum. */
  sha256(name: string): Promise<string>
  /**
   * The file as it can be given to other nodes; undefined if not enough of it is on this machine to know its blocks. Reads
   * all of a file that is here, the first time.
   */
  share(name: string, options?: { readonly signal?: AbortSignal }): Promise<SharedFile | undefined>
}
