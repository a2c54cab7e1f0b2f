import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'

const LIBRARIES: Readonly<Record<string, string>> = {
  linux: 'libc.so.6',
  darwin: '/usr/lib/libSystem.B.dylib',
}

let opened: LibraryHandle | 'none' | undefined

/** The system's C library, held for the life of the process, or undefined where it isn't used (Windows). */
export function systemLibrary(): LibraryHandle | undefined {
  if (opened === undefined) {
    const name = LIBRARIES[process.platform]
    opened = name === undefined ? 'none' : koffi.load(name)
  }
  return opened === 'none' ? undefined : opened
}
