import type { KeyFolder, StoredFile } from '../../src/index.ts'

/** A key folder in memory. Modes can be changed by hand. */
export class MemoryKeyFolder implements KeyFolder {
  readonly path: string = '/keys'
  readonly files: Map<string, StoredFile> = new Map()
  folderMode: number | undefined

  make(mode: number): Promise<void> {
    this.folderMode ??= mode
    return Promise.resolve()
  }

  mode(): Promise<number | undefined> {
    return Promise.resolve(this.folderMode)
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve([...this.files.keys()])
  }

  read(fileName: string): Promise<StoredFile | undefined> {
    return Promise.resolve(this.files.get(fileName))
  }

  create(fileName: string, file: StoredFile): Promise<boolean> {
    if (this.files.has(fileName)) return Promise.resolve(false)
    this.files.set(fileName, file)
    return Promise.resolve(true)
  }

  replace(fileName: string, file: StoredFile): Promise<void> {
    this.files.set(fileName, file)
    return Promise.resolve()
  }
}
