import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { RuntimeUnavailableError } from '../errors.ts'
import type { OrtApi } from './api.ts'
import { ORT_FUNCTIONS } from './function-table.ts'
import type { Pointer } from './pointer.ts'

/** Version of the C API's table that is asked for; every later library serves it. */
const API_VERSION = 21

/** The loaded library. `handle` is held for the life of the process: collecting it would unload the library. */
export interface OrtLibrary {
  readonly api: OrtApi
  readonly path: string
  /** Version of ONNX Runtime, for example `1.30.0`. */
  readonly version: string
  readonly handle: LibraryHandle
}

let loaded: OrtLibrary | undefined

/**
 * Loads ONNX Runtime's shared library from the `onnxruntime-node` package, once per process.
 *
 * @throws RuntimeUnavailableError if there is no library for this platform or it can't be loaded.
 */
export function ortLibrary(): OrtLibrary {
  loaded ??= load()
  return loaded
}

function load(): OrtLibrary {
  const libraryPath = findLibrary()
  try {
    const handle = koffi.load(libraryPath)
    const base = handle.func('void* OrtGetApiBase()')() as Pointer
    const getApi = koffi.decode(
      koffi.decode(base, 'void*') as Pointer,
      koffi.proto('void* OrtGetApi(uint32_t version)'),
    ) as (version: number) => Pointer | null
    const getVersion = koffi.decode(
      koffi.decode(base, koffi.sizeof('void*'), 'void*') as Pointer,
      koffi.proto('const char* OrtGetVersionString()'),
    ) as () => string
    const table = getApi(API_VERSION)
    if (table === null) throw new RuntimeUnavailableError(`${libraryPath} is older than API ${API_VERSION}`)
    return { api: bindFunctions(table), path: libraryPath, version: getVersion(), handle }
  } catch (cause) {
    if (cause instanceof RuntimeUnavailableError) throw cause
    throw new RuntimeUnavailableError(`${libraryPath} can't be loaded`, cause)
  }
}

function bindFunctions(table: Pointer): OrtApi {
  const pointerBytes = koffi.sizeof('void*')
  const api: Record<string, unknown> = {}
  for (const [name, [index, signature]] of Object.entries(ORT_FUNCTIONS)) {
    const address = koffi.decode(table, index * pointerBytes, 'void*') as Pointer
    api[name] = koffi.decode(address, koffi.proto(signature.replace(' f(', ` Ort${name}(`)))
  }
  return api as unknown as OrtApi
}

function findLibrary(): string {
  const names: Readonly<Record<string, string>> = {
    linux: 'libonnxruntime.so.1',
    darwin: 'libonnxruntime.1.dylib',
    win32: 'onnxruntime.dll',
  }
  const fileName = names[process.platform]
  if (fileName === undefined) throw new RuntimeUnavailableError(`there is no library for ${process.platform}`)
  let packageFolder: string
  try {
    packageFolder = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  } catch (cause) {
    throw new RuntimeUnavailableError('the package onnxruntime-node is not installed', cause)
  }
  const libraryPath = path.join(packageFolder, 'bin', 'napi-v6', process.platform, process.arch, fileName)
  if (!existsSync(libraryPath)) {
    throw new RuntimeUnavailableError(
      `onnxruntime-node has no library for ${process.platform} on ${process.arch}`,
    )
  }
  return libraryPath
}
