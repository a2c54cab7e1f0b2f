import fs from 'node:fs'

/** The part of a disk that the embedded database writes to, which is full when a test says so. */
export interface FillableDisk extends Disposable {
  /** Nothing more fits from here on. */
  fill(): void
  /** There is room again. */
  free(): void
}

/**
 * A disk that says that it's full, as the embedded database hears it: through the file system of Node. What is written
 * otherwise, by promises, isn't touched.
 */
export function fillableDisk(): FillableDisk {
  const whole = fs.writeSync
  const refuse = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    })
  }
  const free = (): void => {
    fs.writeSync = whole
  }
  return {
    fill: () => {
      fs.writeSync = refuse
    },
    free,
    [Symbol.dispose]: free,
  }
}
