import { execFileSync } from 'node:child_process'

/** Machines of which none reaches another but the one in the middle, as computers behind routers reach a server. */
export interface NetworkIslands extends Disposable {
  /** Namespace of the machine that all others reach. */
  readonly middle: string
  /** Addresses of the middle, one for each island; all islands reach all of them. */
  readonly middleHosts: readonly string[]
  /** Namespaces of the islands. */
  readonly islands: readonly string[]
  /** Addresses of the islands, which nobody but the middle reaches. */
  readonly islandHosts: readonly string[]
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'ignore' })
}

/** Why this machine can't make namespaces; undefined if it can. */
export function whyNoNamespaces(): string | undefined {
  const name = `shardline-try-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'delete', name)
    return undefined
  } catch {
    return 'network namespaces need Linux, iproute2 and the right to make them'
  }
}

/** Makes islands in network namespaces: a cable from each to the middle, which passes nothing on. */
export function createNetworkIslands(count: number): NetworkIslands {
  const middle = `shardline-middle-${process.pid}`
  const islands = Array.from({ length: count }, (_, i) => `shardline-island-${i}-${process.pid}`)
  const hosts = (last: number): readonly string[] => islands.map((_, i) => `10.231.${i + 1}.${last}`)
  const [middleHosts, islandHosts] = [hosts(1), hosts(2)]
  const remove = (): void => {
    for (const name of [middle, ...islands]) {
      try {
        ip('netns', 'delete', name)
      } catch {
        // It was never made.
      }
    }
  }
  try {
    ip('netns', 'add', middle)
    for (const [i, island] of islands.entries()) {
      const [near, far] = [`sl${process.pid}i${i}`, `sl${process.pid}m${i}`]
      ip('netns', 'add', island)
      ip('link', 'add', near, 'netns', island, 'type', 'veth', 'peer', 'name', far, 'netns', middle)
      ip('-n', island, 'address', 'add', `${islandHosts[i]}/24`, 'dev', near)
      ip('-n', middle, 'address', 'add', `${middleHosts[i]}/24`, 'dev', far)
      for (const [where, device] of [
        [island, near],
        [island, 'lo'],
        [middle, far],
        [middle, 'lo'],
      ] as const) {
        ip('-n', where, 'link', 'set', device, 'up')
      }
      const others = middleHosts.filter((_, other) => other !== i)
      for (const host of others) ip('-n', island, 'route', 'add', `${host}/32`, 'via', middleHosts[i] ?? '')
    }
  } catch (cause) {
    remove()
    throw cause
  }
  return { middle, middleHosts, islands, islandHosts, [Symbol.dispose]: remove }
}
