/**
 * The public API, by stage: spool → frame → decode → stitch → analyse → sink.
 */

export { Analyser, type AnalyserOptions } from './analyse/analyser.ts'
export type { AnalyserState } from './analyse/state.ts'
export { loadSettings } from './config/load.ts'
export type { Settings, SettingsInput } from './config/settings.ts'
export { type DecodeOptions, Decoder } from './decode/decoder.ts'
export { Framer, type FramerOptions } from './frame/framer.ts'
export { readFiles } from './input/files.ts'
export { createLog, type Log } from './log.ts'
export { type Batch, createBatch, Framing, placeAt } from './model/batch.ts'
export type { Block, Message, Run, Sink } from './model/delivery.ts'
export { ExitCode, Failure } from './model/failure.ts'
export type { Piece } from './model/piece.ts'
export { type Closing, formatPosition, type Position } from './model/place.ts'
export { Close, type Counts, createResult, type Result, roomFor } from './model/result.ts'
export { type Renewal, runService } from './service/lifecycle.ts'
export { openNdjsonSink } from './sink/ndjson.ts'
export { type Outlet, standardOutlet } from './sink/outlet.ts'
export { type Aside, createStreamSink } from './sink/stdout.ts'
export { SpoolReader } from './spool/reader.ts'
export { Stitcher, type StitcherOptions } from './stitch/stitcher.ts'
