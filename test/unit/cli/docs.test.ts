// docs/cli.md and the parameters in docs/vttif.md are what the tables say now.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cliPage, parameterTable } from '../../../src/cli/runs/docs.ts'

it('docs/cli.md is fresh (else: scripts/generate-docs)', () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  expect(page).toBe(cliPage())
})

it('the parameters in docs/vttif.md are fresh (else: scripts/generate-docs)', () => {
  const page = readFileSync(new URL('../../../docs/vttif.md', import.meta.url), 'utf8')
  const [, between] = /<!-- parameters -->\n([\s\S]*)<!-- end of parameters -->/.exec(page) ?? []
  expect(between).toBe(`\n${parameterTable()}\n`)
})
