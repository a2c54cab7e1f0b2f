/** Time that a held process runs before it is held again, in milliseconds; timers are late by about one. */
const RUN_MS = 2

/**
 * Lets a process run only a part of the time, in turns of milliseconds, so that it takes `factor` times as long for everything.
 * A turn that a late timer made longer is made up for by the next. Call the result to let it run again.
 */
export function slowDown(pid: number, factor: number): () => void {
  let timer: NodeJS.Timeout | undefined
  let sinceMs = performance.now()
  /** Time that it has yet to be held for. */
  let owedMs = 0
  const turn = (): number => {
    const nowMs = performance.now()
    const turnMs = nowMs - sinceMs
    sinceMs = nowMs
    return turnMs
  }
  const hold = (): void => {
    owedMs += turn() * (factor - 1)
    process.kill(pid, 'SIGSTOP')
    timer = setTimeout(go, owedMs)
  }
  const go = (): void => {
    owedMs -= turn()
    if (owedMs > 0) {
      timer = setTimeout(go, owedMs)
      return
    }
    process.kill(pid, 'SIGCONT')
    timer = setTimeout(hold, RUN_MS)
  }
  hold()
  return () => {
    clearTimeout(timer)
    process.kill(pid, 'SIGCONT')
  }
}
