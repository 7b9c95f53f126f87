// The rules of the codebase as values: the layers, what is banned where and what to use instead,
// the sizes. typescript.ts, cpp.ts, text.ts and tree.ts check them; test/tidy.test.ts runs all.

/** A breach of a rule. `rule` is stable; `message` says what to do instead. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

/** Leftmost is lowest. A folder of src/ imports itself and what stands left of it. */
export const LAYERS = [
  'base',
  'wire',
  'plane',
  'infer',
  'adapt',
  'native',
  'tap',
  'link',
  'trust',
  'config',
  'control',
  'daemon',
  'proxy',
  'lab',
  'web',
  'cli',
] as const

/** No I/O, no clock, no chance: values in, values out. */
export const PURE_LAYERS = new Set(['plane', 'infer', 'adapt'])
/** The only modules from outside src/ that a pure layer may import. */
export const PURE_MODULES = new Set(['node:assert', 'node:assert/strict', 'node:buffer'])

const REPLAYABLE = new Set(['wire', 'plane', 'infer', 'adapt', 'link', 'trust', 'daemon', 'proxy'])
const WITHOUT_CONSOLE = new Set<string>(
  LAYERS.filter((layer) => layer !== 'cli' && layer !== 'web'),
)

export interface Ban {
  /** As it is called, such as `Date.now`; `new Date` stands for `new Date()` without arguments. */
  readonly call: string
  readonly instead: string
  readonly layers: ReadonlySet<string>
}

const CLOCK = 'a Clock passed in (src/base/clock.ts)'
const RANDOM = 'a Random passed in (src/base/random.ts)'
const bans = (calls: readonly string[], instead: string, layers: ReadonlySet<string>): Ban[] =>
  calls.map((call) => ({ call, instead, layers }))

export const BANS: readonly Ban[] = [
  ...bans(['Date.now', 'new Date', 'performance.now', 'process.hrtime'], CLOCK, REPLAYABLE),
  ...bans(['setTimeout', 'setInterval', 'setImmediate'], CLOCK, REPLAYABLE),
  ...bans(['Math.random'], RANDOM, REPLAYABLE),
  ...bans(
    ['console.log', 'console.error', 'console.warn', 'console.info', 'console.debug'],
    'the logger (src/base/log.ts)',
    WITHOUT_CONSOLE,
  ),
]

/** Modules that bring in time behind the back of the bans above. */
export const BANNED_MODULES = new Map([
  ['node:timers', CLOCK],
  ['node:timers/promises', CLOCK],
  ['node:perf_hooks', CLOCK],
])
export const REPLAYABLE_LAYERS: ReadonlySet<string> = REPLAYABLE

export const FUNCTION_LINES_MAX = 70
export const LINE_COLUMNS_MAX = 100
export const FILE_LINES_MAX = 350
/** Above this a file is named in the output of the test, without failing it. */
export const FILE_LINES_AIM = 300
