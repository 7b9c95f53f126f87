// What is derived from the schema: explanations, examples (the committed ones are fresh), the diff
// of two configurations, and the nearest word.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeAll } from '../../../src/config/describe.ts'
import { diffConfig } from '../../../src/config/diff.ts'
import { exampleConfig } from '../../../src/config/example.ts'
import { explainConfig } from '../../../src/config/explain.ts'
import { checkConfig } from '../../../src/config/load.ts'
import { editDistance, nearest } from '../../../src/config/nearest.ts'
import type { Config } from '../../../src/config/schema.ts'

function parse(text: string): Config {
  const check = checkConfig(text, 'host')
  if (!check.ok) throw new Error(JSON.stringify(check.problems))
  return check.config
}

describe('exampleConfig', () => {
  test.each(['host', 'proxy'] as const)('%s: is valid, complete and committed', (role) => {
    const text = exampleConfig(role)
    expect(checkConfig(text, role)).toMatchObject({ ok: true })
    expect(readFileSync(`docs/${role}.example.yaml`, 'utf8'), 'run scripts/examples').toBe(text)
    for (const entry of describeAll().filter((key) => key.roles.includes(role))) {
      expect(text).toContain(`${entry.path.split('.').at(-1)}:`)
    }
  })

  test.each(['host', 'proxy'] as const)('%s: is valid with every key uncommented', (role) => {
    const text = exampleConfig(role)
      .replace('ports: []', 'ports:')
      .replaceAll(/^( *)#(?=\S| {2}[a-z]+: )/gm, '$1')
      .replaceAll('/NAME', '/name')
    const check = checkConfig(text, role)
    expect(check.ok ? [] : check.problems).toEqual([])
    expect(check.ok && check.config.ports.length).toBe(2)
  })
})

describe('explainConfig', () => {
  test('a key of a list, with and without brackets', () => {
    expect(explainConfig('ports.mtu')).toMatchObject({ unit: 'bytes', default: '1500' })
    expect(explainConfig('ports[0].mtu').path).toBe('ports[].mtu')
  })

  test('a parent lists what is below it', () => {
    const children = explainConfig('limits').children.map((child) => child.path)
    expect(children).toContain('limits.stormFramesPerSecond')
  })

  test('an unknown key names the nearest', () => {
    expect(() => explainConfig('lgo.level')).toThrow("there is no key 'lgo.level'")
    expect(() => explainConfig('lgo.level')).toThrow(
      expect.objectContaining({ hint: "did you mean 'log.level'?" }),
    )
  })
})

describe('diffConfig', () => {
  const base = 'name: a\nproxy: h\n'
  const ports = (...list: string[]) => `${base}ports: [${list.join(', ')}]\n`
  const x = '{ name: x, kind: tap, device: d1 }'
  const y = '{ name: y, kind: tap, device: d2 }'

  test('nothing changed', () => {
    expect(diffConfig(parse(base), parse(base))).toEqual({
      apply: [],
      restartNeeded: [],
      portsRemoved: [],
      portsAdded: [],
    })
  })

  test('tells what a reload applies from what needs a restart', () => {
    const to = parse(`${base}log: { level: debug, format: json }\nlisten: { port: 1 }\n`)
    expect(diffConfig(parse(base), to)).toMatchObject({
      apply: ['log.level'],
      restartNeeded: ['listen', 'log.format'],
    })
  })

  test('a changed port is removed and added', () => {
    const to = parse(ports('{ name: x, kind: tap, device: d1, mtu: 9000 }', y))
    const diff = diffConfig(parse(ports(x)), to)
    expect(diff.apply).toEqual(['ports'])
    expect(diff.portsRemoved).toEqual(['x'])
    expect(diff.portsAdded.map((port) => port.name)).toEqual(['x', 'y'])
  })
})

describe('nearest', () => {
  test('edit distance counts a swap as one', () => {
    expect(editDistance('level', 'lvel')).toBe(1)
    expect(editDistance('listen', 'litsen')).toBe(1)
    expect(editDistance('', 'abc')).toBe(3)
  })

  test('is silent when nothing is near', () => {
    expect(nearest('frobnicate', ['name', 'ports'])).toBeNull()
    expect(nearest('PROXY', ['name', 'proxy'])).toBe('proxy')
  })
})
