// `vnet top`: the busiest pairs of guests, redrawn until q. Not on a terminal: one table after
// another.

import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../base/errors.ts'
import type { MacRow, PairRow } from '../../control/api.ts'
import type { AdminClient } from '../../control/client.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { catchInterrupt } from '../interrupt.ts'
import { formatBytes, formatCount, formatPerSecond, formatRate, formatTime } from '../units.ts'
import { byRate } from '../views/tables.ts'
import { lossCell, type ViewOptions } from '../views/view.ts'

const DEFAULT_INTERVAL_S = 1
/** Headline, totals, blank line, titles, and the line of the prompt. */
const OTHER_LINES = 5
const DEFAULT_ROWS = 20
/** In raw mode the terminal sends it as a character. */
const CTRL_C = 3

export async function runTop(context: Context): Promise<undefined> {
  const { args, out } = context
  const client = await context.client()
  const intervalMs = (args.optionalNumber('interval') ?? DEFAULT_INTERVAL_S) * 1000
  const screenRows = process.stdout.rows ?? DEFAULT_ROWS + OTHER_LINES
  const rowsMax = args.optionalNumber('rows') ?? Math.max(1, screenRows - OTHER_LINES)
  const isLive = out.stdout.isTTY === true
  const interruption = catchInterrupt()
  const stopKeys = isLive ? watchKeys(() => process.kill(process.pid, 'SIGINT')) : () => {}
  try {
    // Without a terminal the first failure ends it; on one it is shown until the daemon is back.
    while (!interruption.signal.aborted) {
      const text = await screen(client, context, rowsMax).catch((error: unknown) => {
        if (!isLive) throw error
        return out.paint('bad', `no answer: ${messageOf(error)}`)
      })
      out.stdout.write(isLive ? `\u001b[H\u001b[2J${text}\n` : `${text}\n\n`)
      await delay(intervalMs, null, interruption).catch(() => null)
    }
  } finally {
    stopKeys()
    interruption.release()
  }
}

async function screen(client: AdminClient, { out, nowMs }: Context, rowsMax: number) {
  const [pairs, macs] = await Promise.all([client.counters(), client.macs()])
  return viewTop({ pairs, macs, rowsMax }, { paint: out.paint, nowMs: nowMs() })
}

interface TopData {
  readonly pairs: readonly PairRow[]
  readonly macs: readonly MacRow[]
  readonly rowsMax: number
}

/** One screen; what does not fit is counted in the headline. */
export function viewTop({ pairs, macs, rowsMax }: TopData, { paint, nowMs }: ViewOptions): string {
  const places = new Map(macs.map(({ mac, where }) => [mac as string, where]))
  const place = (mac: string) => places.get(mac) ?? ''
  const busy = byRate(pairs).filter(({ framesPerSecond }) => framesPerSecond > 0)
  const shown = busy.slice(0, rowsMax)
  const sum = (of: (row: PairRow) => number) => busy.reduce((total, row) => total + of(row), 0)
  const columns: readonly Column<PairRow>[] = [
    { title: 'SOURCE', cell: ({ source }) => ({ text: source, tone: 'strong' }) },
    { title: 'AT', cell: ({ source }) => place(source) },
    { title: 'DESTINATION', cell: ({ destination }) => ({ text: destination, tone: 'strong' }) },
    { title: 'AT', cell: ({ destination }) => place(destination) },
    { title: 'RATE', isRight: true, cell: (row) => formatRate(row.bytesPerSecond) },
    { title: 'FRAMES/S', isRight: true, cell: (row) => formatPerSecond(row.framesPerSecond) },
    { title: 'SO FAR', isRight: true, cell: ({ bytes }) => formatBytes(bytes) },
    { title: 'DROPS', isRight: true, cell: ({ droppedFrames }) => lossCell(droppedFrames) },
  ]
  const hidden = busy.length - shown.length
  const head = [
    `${formatTime(nowMs)}  ${formatCount(busy.length)} pairs`,
    ...(hidden > 0 ? [`(${formatCount(hidden)} not shown)`] : []),
    `${formatRate(sum((row) => row.bytesPerSecond))}`,
    `${formatPerSecond(sum((row) => row.framesPerSecond))} frames  q ends`,
  ].join('  ')
  const table = renderTable({ columns, rows: shown, empty: 'no traffic enters here now', paint })
  return `${paint('dim', head)}\n\n${table}`
}

/** Calls back on q and Ctrl-C; returns what gives the keyboard back. */
function watchKeys(onEnd: () => void): () => void {
  const { stdin } = process
  if (stdin.isTTY !== true) return () => {}
  const onKey = (data: Buffer) => {
    if (data.includes('q') || data.includes('Q') || data.includes(CTRL_C)) onEnd()
  }
  stdin.setRawMode(true)
  stdin.on('data', onKey)
  stdin.resume()
  return () => {
    stdin.off('data', onKey)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
