/** A file of a key folder as it lies there. */
export interface StoredFile {
  readonly bytes: Uint8Array
  /** Permission bits as in `0o600`; undefined where the system has none. */
  readonly mode: number | undefined
}

/**
 * The folder in which keys are kept. An interface, because where this package runs there may be no files: the
 * command line brings one on the file system.
 */
export interface KeyFolder {
  /** What the folder is called in messages. */
  readonly path: string
  /** Makes the folder with exactly this mode if it isn't there. */
  make(mode: number): Promise<void>
  /** Permission bits of the folder; undefined where the system has none, or the folder isn't there. */
  mode(): Promise<number | undefined>
  /** Names of the files in it; none if it isn't there. */
  list(): Promise<readonly string[]>
  /** Undefined if there is no such file. A file over `bytesMax` may be cut there. */
  read(fileName: string, bytesMax: number): Promise<StoredFile | undefined>
  /** Writes a new file, whole or not at all, with exactly this mode. False if there is one already: it stays as it is. */
  create(fileName: string, file: { readonly bytes: Uint8Array; readonly mode: number }): Promise<boolean>
  /** Puts a file in the place of another, whole or not at all. */
  replace(fileName: string, file: { readonly bytes: Uint8Array; readonly mode: number }): Promise<void>
}
