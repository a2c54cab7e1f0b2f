import { setFlagsFromString } from 'node:v8'
import { HEAP_GROWING_PERCENT } from './service-limits.ts'

/**
 * Lets this process's heap grow by so many percent of what lives before V8 collects all of it; for processes that serve
 * strangers.
 *
 * V8 would choose the factor so that collecting takes 3 % of the time (`DynamicGrowingFactor` in its
 * `heap/memory-controller.cc`). Where little outlives the space of young objects, that is 1.1 or so: a full collection each
 * second or two, which marks on several cores and makes the answers of that moment wait. With 100 MiB that live this takes
 * up to 200 MiB more.
 */
export function letHeapGrow(percent: number = HEAP_GROWING_PERCENT): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
