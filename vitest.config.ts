// Test runner set-up: one project a kind of test, so each can be run by name (see Makefile).
import { defineConfig } from 'vitest/config'
import { OutcomeReporter } from './test/support/outcome.ts'

// What is timed against the real world gets a second try: a shared machine stalls now and then. A
// fault fails both.
const project = (name: string, testTimeoutMs: number, parallel: boolean, retry = 0) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: testTimeoutMs,
    hookTimeout: 120_000,
    retry,
    fileParallelism: parallel,
    pool: 'forks' as const,
  },
})

// Set by scripts/test, which sums up all kinds.
const resultPath = process.env.VNET_TEST_RESULT

export default defineConfig({
  test: {
    reporters: resultPath ? ['default', new OutcomeReporter(resultPath)] : ['default'],
    projects: [
      project('unit', 20_000, true),
      project('contract', 30_000, false, 1),
      project('sim', 180_000, true),
      project('e2e', 180_000, false, 1),
      { test: { name: 'tidy', include: ['test/tidy.test.ts'] } },
    ],
  },
})
