import { FileMissingError, ReferenceAmbiguousError, ReferenceUnknownError } from '../errors.ts'

/** Files beside the weights that describe a checkpoint. */
const SIDE_FILE =
  /^(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|chat_template)\.json$|^chat_template\.jinja$/

const INDEX_FILE = 'model.safetensors.index.json'
const GGUF_PART = /-(\d{5})-of-(\d{5})\.gguf$/i

/** What {@link selectFiles} chooses from. */
export interface FileSelection {
  /** What the user wrote, for messages. */
  readonly reference: string
  /** Names of all files that are there. */
  readonly names: readonly string[]
  /** The one file that the user named, if any. */
  readonly wanted: string | undefined
}

/**
 * The files that make up the one checkpoint which a folder or repository holds, in the order of their names.
 *
 * A wanted file stands alone (with the other parts, if it is one part of a split GGUF). Otherwise safetensors with their
 * `config.json` win, then the only GGUF file. Weights in other formats and in subfolders are left out.
 *
 * @throws FileMissingError if the wanted file isn't there; ReferenceAmbiguousError if several GGUF files are and none is wanted;
 * ReferenceUnknownError if there is no checkpoint.
 */
export function selectFiles(selection: FileSelection): readonly string[] {
  const { reference, names, wanted } = selection
  if (wanted !== undefined && wanted !== 'config.json') {
    if (!names.includes(wanted)) throw new FileMissingError(reference, wanted)
    if (isGguf(wanted)) return ggufParts(wanted, names)
    if (!wanted.endsWith('.safetensors'))
      throw new ReferenceUnknownError(reference, `${wanted} is neither a .gguf nor a .safetensors file`)
  }
  const sideFiles = names.filter((name) => SIDE_FILE.test(name))
  const safetensors = weightFiles(names)
  if (sideFiles.includes('config.json') && safetensors.length > 0)
    return [...sideFiles, ...safetensors].toSorted()
  const models = [...new Set(names.filter(isGguf).map((name) => firstPart(name)))].toSorted()
  if (models.length > 1) throw new ReferenceAmbiguousError(reference, models)
  const [only] = models
  if (only === undefined)
    throw new ReferenceUnknownError(
      reference,
      'it holds neither config.json with .safetensors files nor a .gguf file',
    )
  return [...sideFiles, ...ggufParts(only, names)].toSorted()
}

/** The safetensors files at the top; with an index or a plain `model.safetensors`, copies of the same weights under other names are left out. */
function weightFiles(names: readonly string[]): readonly string[] {
  const top = names.filter((name) => name.endsWith('.safetensors') && !name.includes('/'))
  if (names.includes(INDEX_FILE)) {
    const isCopy = (name: string): boolean => name === 'model.safetensors' || name.startsWith('consolidated')
    return [INDEX_FILE, ...top.filter((name) => !isCopy(name))]
  }
  return top.includes('model.safetensors') ? ['model.safetensors'] : top
}

function isGguf(name: string): boolean {
  return name.toLowerCase().endsWith('.gguf')
}

/** All parts of the GGUF model that `name` belongs to; just `name` if it isn't split. */
function ggufParts(name: string, names: readonly string[]): readonly string[] {
  const first = firstPart(name)
  return GGUF_PART.test(name)
    ? names.filter((other) => isGguf(other) && firstPart(other) === first).toSorted()
    : [name]
}

function firstPart(name: string): string {
  return name.replace(GGUF_PART, '-00001-of-$2.gguf')
}
