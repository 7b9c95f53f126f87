// The committed generated code is what scripts/generate-proto makes of proto/control.proto.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url).pathname

test('src/wire/gen is fresh', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vnet-proto-'))
  execFileSync(join(ROOT, 'scripts/generate-proto'), [folder])
  for (const file of ['control.js', 'control.d.ts']) {
    const committed = readFileSync(join(ROOT, 'src/wire/gen', file), 'utf8')
    const isFresh = readFileSync(join(folder, file), 'utf8') === committed
    expect(isFresh, `${file} is stale: run scripts/generate-proto`).toBe(true)
  }
  rmSync(folder, { recursive: true })
})
