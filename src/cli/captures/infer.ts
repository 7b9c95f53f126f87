// The inference on captures, the way of a frame: file -> survey (first reading) -> alignment ->
// counter (second reading) -> merged intervals -> replay -> phases.

import { basename } from 'node:path'
import { VnetError } from '../../base/errors.ts'
import { type Alignment, align } from '../../infer/captures/align.ts'
import { type CountedInterval, FileCounter } from '../../infer/captures/counter.ts'
import type { Phase } from '../../infer/captures/phases.ts'
import { Replay } from '../../infer/captures/replay.ts'
import { type Survey, Surveyor } from '../../infer/captures/survey.ts'
import { createInference } from '../../infer/inference.ts'
import type { InferParameters } from '../../infer/parameters.ts'
import { type FileFacts, readCapture } from './files.ts'

export interface InferCapturesOptions {
  readonly files: readonly string[]
  readonly parameters: InferParameters
  /** Aligned times, or seconds after the first frame of all. */
  readonly window: (firstMs: number) => { readonly fromMs: number; readonly toMs: number }
}

export interface CaptureFacts extends FileFacts {
  readonly file: string
}

export interface InferredCaptures {
  readonly captures: readonly CaptureFacts[]
  readonly points: readonly Survey[]
  readonly alignment: Alignment
  /** Of the first and the last frame of all. */
  readonly firstMs: number
  readonly lastMs: number
  readonly phases: readonly Phase[]
}

/** @throws VnetError `capture-file`, `capture-invalid` or `capture-empty`. */
export async function inferCaptures(options: InferCapturesOptions): Promise<InferredCaptures> {
  const { files, parameters } = options
  const captures: CaptureFacts[] = []
  const points: Survey[] = []
  const places = new Map<string, number>()
  for (const [index, file] of files.entries()) {
    const { facts, surveys } = await survey(file, index)
    captures.push({ file, ...facts })
    for (const { survey: point, interfaceIndex } of surveys) {
      places.set(placeOf(index, interfaceIndex), points.length)
      points.push(point)
    }
  }
  if (points.length === 0) {
    const why = captures.flatMap(({ file, problem }) =>
      problem === null ? [] : `${file}: ${problem}`,
    )
    const message = 'there is no Ethernet frame in these captures'
    throw new VnetError('capture-empty', [message, ...why].join('\n'))
  }
  const alignment = align(points)
  const aligned = (ms: number, point: number) => ms + (alignment.offsetsMs[point] ?? 0)
  const firstMs = Math.min(...points.map((one, point) => aligned(one.firstMs, point)))
  const lastMs = Math.max(...points.map((one, point) => aligned(one.lastMs, point)))
  const counting = { points, alignment, intervalMs: parameters.updateIntervalMs }
  const window = options.window(firstMs)
  const streams = files.map((file, index) => {
    const counter = new FileCounter({ ...counting, ...window })
    return countFile(file, (seenBy) => places.get(placeOf(index, seenBy)), counter)
  })
  const inference = createInference(parameters)
  const replay = new Replay({ inference, parameters, points, alignment })
  for await (const counted of merged(streams)) replay.step(counted[0]?.toMs ?? 0, counted)
  return { captures, points, alignment, firstMs, lastMs, phases: replay.end() }
}

function placeOf(file: number, interfaceIndex: number): string {
  return `${file}/${interfaceIndex}`
}

async function survey(file: string, index: number) {
  const surveyors = new Map<number, Surveyor>()
  const names = basename(file).replace(/\.(pcap|pcapng|cap|dmp)?(\.gz)?$/, '')
  const reading = readCapture(file, ({ interfaceIndex, atMs, bytes, length }) => {
    let surveyor = surveyors.get(interfaceIndex)
    if (surveyor === undefined) {
      surveyor = new Surveyor(index)
      surveyors.set(interfaceIndex, surveyor)
    }
    surveyor.add(atMs, bytes, length)
  })
  const facts = await resultOf(reading)
  const surveys = [...surveyors].flatMap(([interfaceIndex, surveyor]) => {
    const part = facts.interfaces[interfaceIndex] ?? `interface ${interfaceIndex}`
    const result = surveyor.result(surveyors.size > 1 ? `${names}:${part}` : names)
    return result === null ? [] : [{ survey: result, interfaceIndex }]
  })
  return { facts, surveys }
}

async function resultOf<T>(generator: AsyncGenerator<void, T>): Promise<T> {
  for (;;) {
    const step = await generator.next()
    if (step.done) return step.value
  }
}

/** The counted intervals of a file, in order of time. */
async function* countFile(
  file: string,
  pointOf: (interfaceIndex: number) => number | undefined,
  counter: FileCounter,
): AsyncGenerator<CountedInterval> {
  const done: CountedInterval[] = []
  const reading = readCapture(file, (frame) => {
    const point = pointOf(frame.interfaceIndex)
    if (point !== undefined) done.push(...counter.add(point, frame))
  })
  for await (const _piece of reading) yield* done.splice(0)
  yield* counter.flush()
}

/** All that the files counted in an interval together, interval by interval. */
async function* merged(
  streams: readonly AsyncGenerator<CountedInterval>[],
): AsyncGenerator<readonly CountedInterval[]> {
  const heads = await Promise.all(streams.map((stream) => stream.next()))
  for (;;) {
    const toMs = Math.min(...heads.map(({ done, value }) => (done ? Infinity : value.toMs)))
    if (toMs === Infinity) return
    const counted: CountedInterval[] = []
    for (const [index, stream] of streams.entries()) {
      for (;;) {
        const head = heads[index]
        if (head === undefined || head.done || head.value.toMs > toMs) break
        counted.push(head.value)
        heads[index] = await stream.next()
      }
    }
    yield counted
  }
}
