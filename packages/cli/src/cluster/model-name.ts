import { basename } from 'node:path'

/** What users call a model: `models/storyteller` and `org/storyteller` are both `storyteller`. */
export function modelName(reference: string): string {
  return basename(reference.replace(/[\\/]+$/, '')).replace(/\.gguf$/i, '')
}
