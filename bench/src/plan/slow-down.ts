/** Time that a held process runs before it is held again, in milliseconds. */
const RUN_MS = 1

/**
 * Lets a process run only a part of the time, in turns of about a millisecond, so that it takes `factor` times as long for
 * everything. Call the result to let it run again.
 */
export function slowDown(pid: number, factor: number): () => void {
  let timer: NodeJS.Timeout | undefined
  const hold = (): void => {
    process.kill(pid, 'SIGSTOP')
    timer = setTimeout(go, RUN_MS * (factor - 1))
  }
  const go = (): void => {
    process.kill(pid, 'SIGCONT')
    timer = setTimeout(hold, RUN_MS)
  }
  hold()
  return () => {
    clearTimeout(timer)
    process.kill(pid, 'SIGCONT')
  }
}
