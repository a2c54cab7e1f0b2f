import type { Ledger } from '@shardline/ledger'

/** Where a process dies: before or after the nth write to the ledger. */
export interface Cut {
  readonly write: number
  readonly isAfter: boolean
}

/** A ledger whose caller is cut off at one write, and that works on afterwards. */
export function cutLedger(ledger: Ledger, cut: Cut): Ledger {
  let writes = 0
  const cutOff = async <T>(write: () => Promise<T>): Promise<T> => {
    if (writes++ !== cut.write) return write()
    if (cut.isAfter) await write()
    throw new Error('the process was cut off')
  }
  return new Proxy(ledger, {
    get: (target, key) => {
      if (key === 'createAccounts') {
        return (...args: Parameters<Ledger['createAccounts']>) => cutOff(() => target.createAccounts(...args))
      }
      if (key === 'createTransfers') {
        return (...args: Parameters<Ledger['createTransfers']>) =>
          cutOff(() => target.createTransfers(...args))
      }
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
