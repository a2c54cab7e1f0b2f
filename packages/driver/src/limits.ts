export * from './service/service-limits.ts'

/**
 * Rows of prompts in one frame. Smaller chunks fill the pipeline sooner and delay the decode rows of other sessions less;
 * larger chunks use the processors better. `'all'` as a setting sends each prompt in one frame.
 */
export const PREFILL_CHUNK_ROWS = 128

/** Prefill chunks in flight beyond one for each worker: one may travel while every worker computes. */
export const PREFILL_CHUNKS_SPARE = 1

/** Frames on their way through the pipeline at the most. Bounds what the stages' inboxes must hold for one driver. */
export const FRAMES_IN_FLIGHT_MAX = 256

/** Bytes of hidden states in one frame. Bounds a frame's memory in every process; must stay below the wire's own limit. */
export const FRAME_PAYLOAD_BYTES_MAX: number = 16 * 1024 * 1024

/**
 * Sessions that hold cache in the stages at the same time. More than one network's answers may be at a time, so that there
 * is room for another: see ANSWERS_RUNNING_PER_FREE_MAX.
 */
export const SESSIONS_MAX = 40

/**
 * Decode rows of one share in a frame, for each session of the share that is least busy. Higher values suit models whose
 * large frames take little longer than small ones; they slow down who asks little beside who asks much.
 */
export const SHARE_ROWS_FACTOR_MAX = 1

/** Prompt rows of one share in a frame, and on their way, while another share is less busy. */
export const SHARE_PROMPT_ROWS_MAX = 16

/**
 * Frames of less busy shares from one in which a busy share's rows ride to the next such one. With 1 a share that asks for
 * little shares all its frames; with 3 it has three rows of four while it is at work.
 */
export const SHARE_RIDE_FRAMES_MIN = 3

/**
 * How long a share still counts as at work after its last row, in milliseconds. Who asks again within it doesn't wait for
 * full frames of a busy share first; the busy share has small frames for as long.
 */
export const SHARE_IDLE_MS_MAX = 5_000

/** Requests that wait for a session; one more is refused. */
export const REQUESTS_WAITING_MAX = 256

/** Answers to one prompt that can be asked for together. */
export const CHOICES_MAX = 128

/** Pieces of an answer that wait for a slow reader; decoding of that answer pauses while so many wait. */
export const ANSWER_CHUNKS_BUFFERED_MAX = 256

/** Time to reach a node and shake hands, in milliseconds. */
export const DIAL_MS_MAX = 10_000

/** Time for a node to say what it is, in milliseconds. */
export const DESCRIBE_MS_MAX = 10_000

/** Time without any sign of progress after which a loading stage is given up, in milliseconds. */
export const STAGE_PROGRESS_MS_MAX = 60_000

/** Time without any answer from the pipeline, while frames are on their way, after which it is given up, in milliseconds. */
export const FRAME_PROGRESS_MS_MAX = 120_000

/** Attempts of one repair; after the last one the pipeline breaks. */
export const REPAIRS_MAX = 8

/** Attempts of all repairs within {@link REPAIR_MS_MAX}: something that breaks again and again isn't repaired for ever. */
export const REPAIRS_RECENT_MAX = 64

/** Time that one repair may take, in milliseconds; a replacement that has to load is part of it. */
export const REPAIR_MS_MAX = 120_000

/** Time for a stage that stays to go on under a new epoch, in milliseconds; who needs longer counts as lost. */
export const REFORM_MS_MAX = 10_000

/** First wait before another attempt to repair where nobody can take the place of a stage; doubles each time. In milliseconds. */
export const REPAIR_RETRY_MS_MIN = 100

/** Longest wait before another attempt to repair, in milliseconds. */
export const REPAIR_RETRY_MS_MAX = 2_000

/** Wait before a lost node is dialed again to become a spare, in milliseconds; doubles each time. */
export const SPARE_RETRY_MS_MIN = 1_000

/** Longest wait before a lost node is dialed again, in milliseconds. */
export const SPARE_RETRY_MS_MAX = 60_000

/** Time for a stage to sign its receipt, in milliseconds. */
export const RECEIPT_MS_MAX = 10_000

/** Time that saying goodbye to the stages may take, in milliseconds. */
export const RELEASE_MS_MAX = 2_000

/** Room that planning leaves on top of packed weights, as a factor: packing and runtime buffers. */
export const PLAN_WEIGHT_HEADROOM = 1.25

/** Decode steps over which the medians of a stage are taken: the latest ones. They are sorted whenever somebody asks. */
export const DECODE_SAMPLES_MAX = 128

/** Rows of one frame, whatever their width; the wire has the same bound. */
export const FRAME_ROWS_MAX = 65_536

/** Sessions in one frame; the wire has the same bound. */
export const FRAME_SESSIONS_MAX = 1024

/**
 * Tokens of cache per layer that planning makes room for, or the context length if that is less. Caches grow as they are
 * used, so that a model with a very long context can be planned on machines that never see one.
 */
export const PLAN_CACHE_TOKENS_MAX = 4096

/**
 * What the software adds to a link's one way where nothing was measured yet, in milliseconds: a frame is made, sealed, read
 * and put in line, and wakes a stage that rests. From `npm run bench -- pipeline` with sealed links: 0.36 to 0.41 a hop
 * between processes of one machine, of which the way itself is about 0.05. A formed pipeline's hops are rehearsed instead.
 */
export const HOP_MS = 0.35

/** Tokens in the cache for which a formed pipeline's speed is foretold, where its sessions may be that long. */
export const MEASURE_CONTEXT_TOKENS = 256

/** Time that filling the cache of the slowest stage for a rehearsal may take, in milliseconds; else it goes without. */
export const MEASURE_PREFILL_MS_MAX = 1_000

/** Time for measuring a formed pipeline before it serves, in milliseconds; after it its speed stays as planned. */
export const MEASURE_MS_MAX = 10_000

/** Decode steps of one pass of a rehearsal that count, at the most. */
export const REHEARSAL_STEPS_MAX = 32

/** Time after which one pass of a rehearsal takes no further steps, in milliseconds. */
export const REHEARSAL_PASS_MS_MAX = 300

/** How many times as fast another plan has to be, by measured times, for the log to say so. */
export const PLAN_GAIN_MIN = 1.2

/** Pings that a link's round trip is taken from. */
export const PINGS = 5
