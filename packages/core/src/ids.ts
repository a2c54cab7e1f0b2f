declare const brand: unique symbol

/** A value of type `T` that can't be mixed up with one of another brand. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** One conversation or completion that holds KV cache in every stage of one pipeline. Unique per pipeline. */
export type SessionId = Branded<string, 'SessionId'>
/** One process that plays a role. */
export type NodeId = Branded<string, 'NodeId'>
/** One formation of stages under one driver. */
export type PipelineId = Branded<string, 'PipelineId'>
/** Counts re-formations of a pipeline; frames of a lower epoch are dropped. */
export type Epoch = Branded<number, 'Epoch'>

/** Marks a string as a session id. */
export const sessionId = (value: string): SessionId => value as SessionId
/** Marks a string as a node id. */
export const nodeId = (value: string): NodeId => value as NodeId
/** Marks a string as a pipeline id. */
export const pipelineId = (value: string): PipelineId => value as PipelineId
/** Marks a number as an epoch. */
export const epoch = (value: number): Epoch => value as Epoch
