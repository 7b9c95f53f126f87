// Each look at a daemon, through the real admin server: the screen for people (golden files), the
// JSON for programs, and what a terminal changes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AUDIT,
  CHECKS,
  DROPS,
  type FixedDaemon,
  HOSTS,
  MACS,
  PAIRS,
  PORTS,
  RULES,
  STATUS,
  startFixedDaemon,
  TOKENS,
} from '../../support/admin-data.ts'
import { HISTORY, MATRIX, PARAMETERS, TOPOLOGY_VIEW } from '../../support/admin-inference.ts'
import { LINKS } from '../../support/admin-links.ts'
import { NETWORK } from '../../support/admin-network.ts'
import { PLAN_VIEW } from '../../support/admin-plan.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())

const looks = [
  ['status', STATUS],
  ['hosts', HOSTS],
  ['ports', PORTS],
  ['links', LINKS],
  ['network', NETWORK],
  ['macs', MACS],
  ['rules', RULES],
  ['drops', DROPS],
  ['counters', PAIRS],
  ['token list', TOKENS],
  ['pin list', [{ mac: '52:54:00:00:00:03', host: 'beta' }]],
  ['audit', AUDIT],
  ['matrix', MATRIX],
  ['topology', TOPOLOGY_VIEW],
  ['history', HISTORY],
  ['get', PARAMETERS],
  ['plan', PLAN_VIEW],
] as const

describe('a look at a daemon', () => {
  it.each(looks)('vnet %s is a table for people', async (line) => {
    const { status, stdout, stderr } = await vnet(`${line} --socket ${daemon.socket}`)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    await expect(stdout).toMatchFileSnapshot(`golden/${line.replace(' ', '-')}.txt`)
  })

  it.each(looks)('vnet %s --json is the answer of the API', async (line, data) => {
    const { status, stdout } = await vnet(`${line} --json --socket ${daemon.socket}`)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(data)))
    expect(stdout.trimEnd()).not.toContain('\n')
  })

  it('vnet doctor says what to do, and fails if a check failed', async () => {
    const { status, stdout } = await vnet(`doctor --socket ${daemon.socket}`)
    expect(status).toBe(1)
    await expect(stdout).toMatchFileSnapshot('golden/doctor.txt')
    const json = await vnet(`doctor --json --socket ${daemon.socket}`)
    expect(json.status).toBe(1)
    expect(JSON.parse(json.stdout)).toEqual(CHECKS)
  })

  it('vnet logs prints one readable line a record, from the wanted severity on', async () => {
    const all = await vnet(`logs --socket ${daemon.socket}`)
    expect(all.stdout).toBe(
      '12:00:00.000 INFO  link up peer=alpha\n12:00:00.120 WARN  storm port=lan text="a b"\n',
    )
    const warnings = await vnet(`logs --level warn --json --socket ${daemon.socket}`)
    expect(JSON.parse(warnings.stdout)).toMatchObject({ msg: 'storm' })
    const wrong = await vnet(`logs --level loud --socket ${daemon.socket}`)
    expect(wrong.status).toBe(2)
  })
})

describe('colour', () => {
  const csi = '\u001b['
  const line = () => `hosts --socket ${daemon.socket}`

  it('is on on a terminal, and takes nothing from the lay-out', async () => {
    const plain = await vnet(line())
    const painted = await vnet(line(), { isTTY: true })
    expect(painted.stdout).toContain(csi)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are meant
    expect(painted.stdout.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.stdout)
  })

  it('is off in a pipe, by NO_COLOR and on a dumb terminal', async () => {
    expect((await vnet(line())).stdout).not.toContain(csi)
    const noColour = await vnet(line(), { isTTY: true, env: { NO_COLOR: '1' } })
    expect(noColour.stdout).not.toContain(csi)
    const dumb = await vnet(line(), { isTTY: true, env: { TERM: 'dumb' } })
    expect(dumb.stdout).not.toContain(csi)
  })

  it("never comes from another machine's text", async () => {
    const { stdout } = await vnet(line())
    expect(stdout).toContain('gamma\\x1b[31m')
  })
})

describe('the socket', () => {
  it('is found by VNET_SOCKET; --socket goes before it', async () => {
    const env = { VNET_SOCKET: daemon.socket }
    expect((await vnet('status', { env })).status).toBe(0)
    const { status, stderr } = await vnet('status --socket /nowhere/x.sock', { env })
    expect(status).toBe(1)
    expect(stderr).toContain('/nowhere/x.sock')
    expect(stderr).toMatch(/^try: .*--socket/m)
  })
})
