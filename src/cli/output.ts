// Where a command writes: results on stdout, everything else on stderr, so that `| jq` and `| less`
// work. Colour only on a terminal that wants it. Text from other machines is made harmless here.

/** What is used of a stream; tests give their own. */
export interface Sink {
  write(chunk: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Cold to hot, on a dark and on a bright ground alike. */
const HEAT = {
  ...{ heat0: '38;5;61', heat1: '38;5;67', heat2: '38;5;37', heat3: '38;5;35' },
  ...{ heat4: '38;5;70', heat5: '38;5;178', heat6: '38;5;208', heat7: '38;5;196' },
} as const
const CODES = { strong: '1', dim: '2', good: '32', warn: '33', bad: '31', ...HEAT } as const

export type Tone = 'plain' | keyof typeof CODES

/** Paints a text that is already laid out. */
export type Paint = (tone: Tone, text: string) => string

const paintOn: Paint = (tone, text) =>
  tone === 'plain' || text === '' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`
/** Leaves the text as it is. */
export const paintOff: Paint = (_tone, text) => text

export interface Output {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly isJson: boolean
  readonly paint: Paint
  /** A result for people, with a line end. */
  print(text: string): void
  /** A result for programs: one line. */
  json(value: unknown): void
  /** A remark that is not the result. */
  note(text: string): void
}

/** Colour only where stdout is a terminal, NO_COLOR is empty and the terminal is not dumb. */
export function createOutput(options: {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: NodeJS.ProcessEnv
  readonly isJson: boolean
}): Output {
  const { stdout, stderr, isJson } = options
  return {
    stdout,
    stderr,
    isJson,
    paint: paintFor(stdout, options.env),
    print: (text) => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    note: (text) => void stderr.write(`${text}\n`),
  }
}

/** The painter that fits a stream. */
export function paintFor(sink: Sink, env: NodeJS.ProcessEnv): Paint {
  const isWanted = sink.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return isWanted ? paintOn : paintOff
}

/** Control characters (escape sequences in a peer's name, say) become visible and harmless. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\x${code.toString(16).padStart(2, '0')}`
  })
}
