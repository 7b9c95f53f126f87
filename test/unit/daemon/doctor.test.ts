// The doctor's checks: each finds what it looks for, and says what to do.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  checkCapabilities,
  checkIdentityFiles,
  checkKernel,
  checkProxy,
  checkState,
  checkTun,
} from '../../../src/daemon/doctor.ts'
import {
  checkEvents,
  checkPorts,
  checkSkew,
  checkTransports,
} from '../../../src/daemon/doctor-running.ts'
import type { LinkInfo, PortInfo } from '../../../src/plane/plane.ts'
import { LINKS, NOW_MS } from '../../support/admin-links.ts'

const port: PortInfo = {
  id: 1 as PortInfo['id'],
  name: 'vm1',
  kind: 'tap',
  device: 'vn1',
  mac: null,
  mtu: 1500,
  isOffloaded: true,
  state: 'up',
  loopWith: null,
  rxFrames: 0,
  rxBytes: 0,
  txFrames: 0,
  txBytes: 0,
  drops: {},
}

describe('machine', () => {
  test('tun', () => {
    expect(checkTun('/dev/null').state).toBe('ok')
    expect(checkTun('/dev/nothing-here')).toMatchObject({ state: 'failed' })
    expect(checkTun('/dev/nothing-here').advice).toContain('modprobe tun')
  })

  test('capabilities', () => {
    const states = (hex: string) =>
      checkCapabilities(`Name:\tx\nCapEff:\t${hex}\n`).map((check) => check.state)
    expect(states('000001ffffffffff')).toEqual(['ok', 'ok', 'ok'])
    expect(states('0000000000003000')).toEqual(['ok', 'ok', 'warning'])
    expect(states('0000000000000000')).toEqual(['failed', 'failed', 'warning'])
    expect(checkCapabilities('')[0]?.state).toBe('skipped')
  })

  test('state folder and certificate', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vnet-doctor-'))
    chmodSync(folder, 0o700)
    expect(checkState(folder).state).toBe('ok')
    chmodSync(folder, 0o755)
    expect(checkState(folder)).toMatchObject({ state: 'failed', advice: `chmod 700 ${folder}` })
    expect(checkState(join(folder, 'none')).state).toBe('failed')
    expect(checkIdentityFiles(folder, 0)).toMatchObject({ state: 'failed' })
    expect(checkIdentityFiles(folder, 0).advice).toContain('vnet join')
    rmSync(folder, { recursive: true })
  })

  test('every kernel setting has a verdict', () => {
    expect(checkKernel()).toHaveLength(3)
  })
})

describe('the way to the proxy', () => {
  test('nobody there', async () => {
    const checks = await checkProxy({ host: '127.0.0.1', port: 1 }, '/nowhere')
    expect(checks.map((check) => check.state)).toEqual(['failed', 'skipped'])
    expect(checks[0]?.found).toContain('ECONNREFUSED')
  })

  test('somebody who speaks no TLS', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {}) // the doctor hangs up
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const where = {
      host: '127.0.0.1',
      port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    }
    const checks = await checkProxy(where, '/nowhere')
    expect(checks.map((check) => check.state)).toEqual(['ok', 'failed'])
    expect(checks[1]?.advice).toContain('VNET proxy')
    server.close()
  })
})

describe('running', () => {
  test.each<[LinkInfo['transportReason'], RegExp | null]>([
    ['no-answer', /^TLS over TCP: UDP does not pass$/],
    ['measuring', null],
    ['short-path', /^TLS over TCP: the path is short/],
    ['long-path', /^UDP, .* 1472: the path is long$/],
    ['lossy-path', /^UDP, .* 1472: the path loses packets$/],
    ['required', /^UDP, datagrams of up to 1472$/],
  ])('transport: %s', (transportReason, found) => {
    const links = LINKS.filter(({ datagram }) => datagram !== null)
    const checks = checkTransports(
      links.map((link) => ({ ...link, transportReason })),
      NOW_MS,
    )
    if (found === null) return expect(checks).toEqual([])
    expect(checks).toEqual([expect.objectContaining({ state: 'ok', name: 'transport to beta' })])
    expect(checks[0]?.found).toMatch(found)
    expect(checks[0]?.advice !== null).toBe(found.source.includes('does not pass'))
  })

  test('events: all heard, some lost', () => {
    expect(checkEvents(0)).toMatchObject({ state: 'ok' })
    expect(checkEvents(7)).toMatchObject({ state: 'warning' })
    expect(checkEvents(7).found).toMatch(/^7 events/)
  })

  test('ports: up, down, looped, none', () => {
    expect(checkPorts([port], 'host')[0]).toMatchObject({ state: 'ok', advice: null })
    expect(checkPorts([{ ...port, state: 'down' }], 'host')[0]?.advice).toContain('vnet reload')
    const looped = checkPorts([{ ...port, state: 'blocked-loop', loopWith: 'vm2' }], 'host')[0]
    expect(looped).toMatchObject({ state: 'failed' })
    expect(looped?.found).toContain("'vm1' and 'vm2'")
    expect(checkPorts([], 'host')[0]?.state).toBe('warning')
    expect(checkPorts([], 'proxy')[0]?.state).toBe('ok')
  })

  test('clocks', () => {
    const skew = (clockOffsetMs: number) => checkSkew({ name: 'hub', clockOffsetMs })
    expect(skew(200).state).toBe('ok')
    expect(skew(-60_000)).toMatchObject({ state: 'warning', found: '60.0 s ahead' })
    expect(skew(7_200_000).state).toBe('failed')
  })
})
