// Quantities as people read them: `1.2 Gbit/s`, `3.4 ms`, `5 min ago`. Two significant digits or
// whole numbers, SI prefixes (1 kB = 1000 B). Programs get the exact figures by --json.

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'] as const

/** `0`, `7`, `1.2 k`, `34 M`: the number and a blank, to be followed by a unit. */
function scaled(value: number): { readonly digits: string; readonly prefix: string } {
  let rest = Math.abs(value)
  let step = 0
  // 999.5 would be rounded to 1000 of this prefix: it is 1.0 of the next.
  while (rest >= 999.5 && step < PREFIXES.length - 1) {
    rest /= 1000
    step += 1
  }
  const sign = value < 0 ? '-' : ''
  const isWhole = rest >= 9.95 || (step === 0 && Number.isInteger(rest))
  return { digits: `${sign}${rest.toFixed(isWhole ? 0 : 1)}`, prefix: PREFIXES[step] ?? '' }
}

function withUnit(value: number, unit: string): string {
  const { digits, prefix } = scaled(value)
  return `${digits} ${prefix}${unit}`
}

/** Bytes a second as bits: `1.2 Gbit/s`. */
export function formatRate(bytesPerSecond: number): string {
  return withUnit(bytesPerSecond * 8, 'bit/s')
}

/** `34 kB`. */
export function formatBytes(bytes: number): string {
  return withUnit(bytes, 'B')
}

/** Exact, with separators: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** Of a whole, in percent: `0 %`, `0.02 %`, `1.3 %`, `12 %`. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %'
  const percent = (part * 100) / whole
  if (percent < 0.005) return '<0.01 %'
  return `${percent.toFixed(percent < 0.1 ? 2 : percent < 9.95 ? 1 : 0)} %`
}

/** Frames or anything else a second: `1.2 k/s`. */
export function formatPerSecond(perSecond: number): string {
  const { digits, prefix } = scaled(perSecond)
  return prefix === '' ? `${digits}/s` : `${digits} ${prefix}/s`
}

/** A short time: `250 µs`, `3.4 ms`, `1.2 s`. */
export function formatMicroseconds(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`
  if (us < 999_500) return `${twoDigits(us / 1000)} ms`
  return formatDuration(us / 1000)
}

/** A time: `850 ms`, `12 s`, `5 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${twoDigits(ms)} ms`
  if (ms < 9_950) return `${twoDigits(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** When something was or will be: `now`, `5 min ago`, `in 89 d`. */
export function formatWhen(atMs: number, nowMs: number): string {
  const awayMs = atMs - nowMs
  if (Math.abs(awayMs) < 1_000) return 'now'
  return awayMs < 0 ? `${formatDuration(-awayMs)} ago` : `in ${formatDuration(awayMs)}`
}

/** Wall-clock time, in UTC: `2026-11-21 13:44:05Z`. */
export function formatTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

const SECONDS_OF = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const

/** Seconds of `90s`, `15m`, `1h30m`, `7d`; null if it is no duration or longer than 10 years. */
export function parseDurationSeconds(text: string): number | null {
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return null
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)]
  const seconds = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * SECONDS_OF[unit as keyof typeof SECONDS_OF],
    0,
  )
  return seconds > 0 && seconds <= 10 * 365 * 86_400 ? seconds : null
}

function twoDigits(value: number): string {
  return value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0)
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`
}
