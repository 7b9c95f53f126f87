// Loading and checking the daemons' YAML files: defaults, frozen result, problems with their lines.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConfig, describeProblem, loadConfig } from '../../../src/config/load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-config-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function problemsOf(text: string, role: 'proxy' | 'host' = 'host'): readonly string[] {
  const check = checkConfig(text, role)
  return check.ok ? [] : check.problems.map(describeProblem)
}

describe('loadConfig', () => {
  test('fills in defaults and freezes', () => {
    const path = join(folder, 'host.yaml')
    writeFileSync(path, 'name: alpha\nproxy: hub.example\nlog:\n  # all default\n')
    const config = loadConfig(path, 'host')
    expect(config.proxy).toBe('hub.example:7707')
    expect(config.admin.socket).toBe('/run/vnet/alpha.sock')
    expect(config.log.level).toBe('info')
    expect(config.listen).toBeNull()
    expect(Object.isFrozen(config) && Object.isFrozen(config.limits)).toBe(true)
    expect(() => Object.assign(config.log, { level: 'debug' })).toThrow(TypeError)
  })

  test('names the file and every problem with its line', () => {
    const path = join(folder, 'wrong.yaml')
    writeFileSync(path, 'name: alpha\nproxy: hub\nlog:\n  lvel: info\nwrkers: 3\n')
    const text = `${path}:4: log.lvel: unknown key; did you mean 'level'?
${path}:5: wrkers: unknown key; did you mean 'workers'?`
    expect(() => loadConfig(path, 'host')).toThrow(text)
    try {
      loadConfig(path, 'host')
    } catch (error) {
      expect(error).toMatchObject({ code: 'config-unknown-key' })
    }
  })

  test('an unreadable file', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), 'proxy')).toThrow(/cannot read/)
  })
})

describe('checkConfig', () => {
  test.each([
    ['name: Alpha\nproxy: hub', ':1: name: must be 1 to 63 of a-z, 0-9'],
    ['name: a', ':1: proxy: is required (string)'],
    ['name: a\nproxy: "x:y:z"', ':2: proxy: must be HOST:PORT'],
    ['name: a\nproxy: h\nnetwork: n', ":3: network: unknown key; it is a key of a proxy's file"],
    ['name: a\nproxy: h\nlevel: info', ":3: level: unknown key; 'log.level' exists"],
    ['name: a\nproxy: h\nports:\n  - {name: p, kind: tun, device: d}', ':4: ports[0].kind:'],
    ['name: a\nproxy: h\nports:\n  - name: p\n    kind: tap\n    device: d\n    mto: 1', ':7:'],
    ['name: a\nname: b', ':2: '],
    ['a: [', ':1: '],
    ['[]', ':1: the file must be'],
    ['', ':1: the file must be'],
  ])('%j', (text, expected) => {
    expect(problemsOf(text)[0]).toContain(expected)
  })

  test('refuses two ports of one name or device', () => {
    const text = `name: a
proxy: h
ports:
  - { name: x, kind: tap, device: d1 }
  - { name: x, kind: tap, device: d1 }
  - { name: y, kind: tap, device: d1, netns: /run/netns/g }
`
    expect(problemsOf(text)).toEqual([
      ":5: ports[1]: has the name 'x' of port 1 of the list",
      ":5: ports[1]: has the device 'd1' of port 1 of the list",
    ])
  })

  test('accepts IPv6 and canonical MACs', () => {
    const text = `name: a
proxy: "[fd00::1]"
ports: [{ name: x, kind: tap, device: d, mac: 52-54-00-AB-cd-ef }]`
    const check = checkConfig(text, 'host')
    expect(check.ok && check.config.role === 'host' && check.config.proxy).toBe('[fd00::1]:7707')
    expect(check.ok && check.config.ports[0]).toMatchObject({ mac: '52:54:00:ab:cd:ef' })
  })
})
