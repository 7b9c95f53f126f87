// docs/cli.md is what the table says now.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cliPage } from '../../../src/cli/runs/docs.ts'

it('docs/cli.md is fresh (else: scripts/generate-docs)', () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  expect(page).toBe(cliPage())
})
