/** Gives `Symbol` the two names of disposal where a browser lacks them, before any class is named by them. */
export function nameDisposal(symbols: object): void {
  for (const name of ['dispose', 'asyncDispose']) {
    // The registered symbols are those that compilers fall back to for `using`.
    if (!(name in symbols)) Object.defineProperty(symbols, name, { value: Symbol.for(`Symbol.${name}`) })
  }
}

nameDisposal(Symbol)
