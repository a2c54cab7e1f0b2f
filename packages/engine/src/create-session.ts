import { beginLoading } from './ort/allocator.ts'
import type { Graph, SessionOptions } from './ort/session.ts'
import { OrtSession } from './ort/session.ts'
import type { WeightStore } from './ort/weight-store.ts'

/** How often mapped pages are dropped while ONNX Runtime repacks weights. */
const DROP_PAGES_INTERVAL_MS = 1

/**
 * Builds a session over mapped weights.
 *
 * While it is built, ONNX Runtime reads every weight once and keeps its own repacked copy; the mapped pages are dropped
 * all along, so that the process never holds both whole.
 */
export async function createSession(
  graph: Graph,
  weights: WeightStore,
  options: SessionOptions,
): Promise<OrtSession> {
  const endLoading = beginLoading()
  const timer = setInterval(() => weights.dropPages(), DROP_PAGES_INTERVAL_MS)
  try {
    return await OrtSession.create(graph, weights, options)
  } finally {
    clearInterval(timer)
    endLoading()
    weights.dropPages()
  }
}
