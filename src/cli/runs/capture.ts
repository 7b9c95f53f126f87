// `vnet capture TARGET -w FILE`: copies the daemon's pcap stream into a file or a pipe. Progress on
// stderr; stops with a whole frame on Ctrl-C, after -c frames, and when the reader goes away.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { messageOf, VnetError } from '../../base/errors.ts'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'
import { catchInterrupt, type Interruption } from '../interrupt.ts'
import { PcapCutter } from '../pcap.ts'
import { formatBytes, formatCount } from '../units.ts'

const PROGRESS_INTERVAL_MS = 500

export async function runCapture(context: Context): Promise<undefined> {
  const { args, out } = context
  const file = args.optionalText('write')
  if (file === undefined) throw missingFile(args.text('TARGET'))
  if (file === '-' && out.stdout.isTTY === true) {
    throw new UsageError('usage-value', 'a capture is not for a terminal', {
      hint: `pipe it: vnet capture ${args.text('TARGET')} -w - | wireshark -k -i -`,
    })
  }
  const snap = args.optionalNumber('snap')
  const client = await context.client()
  const source = await client.capture({
    ...targetOf(args.text('TARGET')),
    ...(snap === undefined ? {} : { snap }),
  })
  const interruption = catchInterrupt()
  // Destroying the source ends the loop below, with what has arrived written.
  interruption.signal.addEventListener('abort', () => source.destroy())
  const target = file === '-' ? null : await openFile(file)
  const framesMax = args.optionalNumber('count') ?? Number.POSITIVE_INFINITY
  const progress = startProgress(context, file)
  try {
    await copy({ source, target, context, framesMax, progress, interruption })
  } finally {
    source.destroy()
    interruption.release()
    progress.end()
    if (target !== null) await closeFile(target)
  }
}

interface Copying {
  readonly source: AsyncIterable<Uint8Array>
  readonly target: Writable | null
  readonly context: Context
  readonly framesMax: number
  readonly progress: Progress
  readonly interruption: Interruption
}

async function copy(copying: Copying): Promise<void> {
  const { source, target, context, framesMax, progress, interruption } = copying
  const cutter = new PcapCutter()
  try {
    for await (const chunk of source) {
      const { bytes, frames } = cutter.push(chunk, framesMax - progress.frames())
      if (target === null) context.out.stdout.write(bytes)
      else if (bytes.length > 0 && !target.write(bytes)) await once(target, 'drain')
      progress.add(frames, bytes.length)
      if (progress.frames() >= framesMax) return
    }
  } catch (cause) {
    if (interruption.signal.aborted) return
    if (cause instanceof VnetError) throw cause
    throw new VnetError('capture-broken', `the capture ended early: ${messageOf(cause)}`, { cause })
  }
}

/** `vm1` is a port, `link:alpha` a link. */
function targetOf(text: string): { readonly port: string } | { readonly link: string } {
  if (text.startsWith('link:')) return { link: text.slice('link:'.length) }
  return { port: text.startsWith('port:') ? text.slice('port:'.length) : text }
}

function missingFile(target: string): UsageError {
  return new UsageError('usage-missing', 'vnet capture needs -w FILE', {
    hint: `vnet capture ${target} -w ${target.replaceAll(/\W/g, '-')}.pcap, or -w - for a pipe`,
  })
}

async function openFile(file: string): Promise<Writable> {
  const target = createWriteStream(file)
  try {
    await once(target, 'open')
    return target
  } catch (cause) {
    throw new VnetError('capture-file', `cannot write the capture: ${messageOf(cause)}`, { cause })
  }
}

async function closeFile(target: Writable): Promise<void> {
  target.end()
  await once(target, 'close')
}

interface Progress {
  frames(): number
  add(frames: number, bytes: number): void
  /** Writes the last line. */
  end(): void
}

/** On a terminal one line that is rewritten; otherwise only the last one. */
function startProgress({ out }: Context, file: string): Progress {
  let frames = 0
  let bytes = 0
  const line = () => {
    const count = `${formatCount(frames)} ${frames === 1 ? 'frame' : 'frames'}`
    return `${count}, ${formatBytes(bytes)} to ${file === '-' ? 'standard output' : file}`
  }
  const isLive = out.stderr.isTTY === true
  const show = () => void out.stderr.write(`\r\u001b[K${line()} (Ctrl-C ends)`)
  const timer = isLive ? setInterval(show, PROGRESS_INTERVAL_MS) : undefined
  return {
    frames: () => frames,
    add: (more, moreBytes) => {
      frames += more
      bytes += moreBytes
    },
    end: () => {
      clearInterval(timer)
      out.note(`${isLive ? '\r\u001b[K' : ''}${line()}`)
    },
  }
}
