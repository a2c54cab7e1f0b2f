/** The routes of a server by their paths, to tell a wrong method from a wrong path. */
export class KnownRoutes {
  readonly #methods = new Map<string, Set<string>>()
  readonly #patterns: { readonly path: RegExp; readonly methods: ReadonlySet<string> }[] = []

  /** Remembers a route as it was declared, such as `/v1/requests/:id`. */
  add(path: string, methods: readonly string[]): void {
    const known = this.#methods.get(path)
    const all = known ?? new Set<string>()
    for (const method of methods) all.add(method)
    if (known !== undefined) return
    this.#methods.set(path, all)
    const pattern = path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')
    this.#patterns.push({ path: new RegExp(`^${pattern}$`), methods: all })
  }

  /** Methods that a path takes; none if there's no such path. */
  methodsOf(path: string): readonly string[] {
    const found = this.#patterns.find((route) => route.path.test(path))
    return found === undefined ? [] : [...found.methods].toSorted()
  }
}
