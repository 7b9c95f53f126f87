// The process may end at any moment of a native plane's life: by exit, by an uncaught error, by
// closing, and as a worker thread that is terminated. No signal, no hang, no output of a crash.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ENDS, STAGES } from '../support/plane-life.ts'

const PROGRAM = fileURLToPath(new URL('../support/plane-life.ts', import.meta.url))

interface End {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

function run(stage: string, end: string): Promise<End> {
  return new Promise((resolve) => {
    const argv = ['--disable-warning=ExperimentalWarning', PROGRAM, stage, end]
    const child = execFile(process.execPath, argv, { timeout: 15_000 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr })
    })
  })
}

describe.each(ENDS)('a process that ends by %s', (end) => {
  it.each(STAGES)('leaves in order when planes are %s', async (stage) => {
    const result = await run(stage, end)
    const expected = end === 'throw' ? 1 : 0
    expect(result, result.stderr).toMatchObject({ code: expected, signal: null })
    if (end === 'throw') expect(result.stderr).toContain('on purpose')
    else expect(result.stderr).toBe('')
    if (end === 'close' || end === 'worker') expect(result.stdout).toBe('ended\n')
  })
})
