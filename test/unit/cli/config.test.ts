// `vnet config`, `vnet join` and `vnet doctor` as far as they go without a daemon.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exampleConfig } from '../../../src/config/example.ts'
import { vnet } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'vnet-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('vnet config check', () => {
  it.each(['proxy', 'host'] as const)('knows a good file of vnet %s', async (role) => {
    const path = file(`${role}.yaml`, exampleConfig(role))
    const { status, stdout } = await vnet(`config check ${path}`)
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `${path}: a good file for 'vnet ${role}'\n`,
    })
  })

  it('names every mistake with its line', async () => {
    const path = file(
      'bad.yaml',
      'name: alpha\nproxy: p.example.net\nlog: { levle: debug }\nx: 1\n',
    )
    const { status, stdout, stderr } = await vnet(`config check ${path}`)
    expect(status).toBe(1)
    expect(stdout.split('\n')).toEqual([
      `${path}:3: log.levle: unknown key; did you mean 'level'?`,
      expect.stringMatching(new RegExp(`^${path}:4: x: unknown key`)),
      '',
    ])
    expect(stderr).toContain("2 mistakes, read as a file for 'vnet host'")
    const json = await vnet(`config check ${path} --json`)
    expect(json.status).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      role: 'host',
      problems: [{ line: 3, key: 'log.levle', code: 'config-unknown-key' }, { line: 4 }],
    })
  })

  it('takes the role that is named, and only roles', async () => {
    const path = file('host.yaml', exampleConfig('host'))
    expect((await vnet(`config check ${path} --role proxy`)).status).toBe(1)
    expect((await vnet(`config check ${path} --role guest`)).status).toBe(2)
  })

  it('says why a file cannot be read', async () => {
    const { status, stderr } = await vnet(`config check ${folder}/none.yaml`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: cannot read the file: ENOENT/)
  })
})

describe('vnet config explain and example', () => {
  it('explains a key', async () => {
    const { status, stdout } = await vnet('config explain ports.mtu')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^key +ports\[\]\.mtu$/m)
    expect(stdout).toMatch(/^default +1500$/m)
    expect(stdout).toMatch(/^a change +comes into force by 'vnet reload'$/m)
  })

  it('shows the keys below a key, and all keys', async () => {
    expect((await vnet('config explain log')).stdout).toMatch(/^log\.level /m)
    const all = await vnet('config explain --json')
    expect(JSON.parse(all.stdout).map(({ path }: { path: string }) => path)).toContain('log.level')
  })

  it('suggests the nearest key', async () => {
    const { status, stderr } = await vnet('config explain log.levle')
    expect(status).toBe(1)
    expect(stderr).toContain("try: did you mean 'log.level'?")
  })

  it('prints an example, which is a good file', async () => {
    expect((await vnet('config example host')).stdout).toBe(exampleConfig('host'))
    expect((await vnet('config example guest')).status).toBe(2)
  })
})

describe('without a daemon', () => {
  it('vnet doctor checks the machine and the file', async () => {
    const text = `name: hub\nstate: ${folder}/state\n`
    const line = `doctor --socket ${folder}/none.sock --config ${file('doctor.yaml', text)}`
    const { status, stdout } = await vnet(`${line} --json`)
    expect(status).toBe(1)
    const checks: { name: string; state: string }[] = JSON.parse(stdout)
    expect(checks[0]).toMatchObject({ name: 'daemon', state: 'failed' })
    expect(checks[1]).toMatchObject({ name: 'configuration', state: 'ok' })
    expect(checks.map(({ name }) => name)).toContain('tun device')
    expect((await vnet(line)).stdout).toMatch(/What to do\n {2}daemon: start the daemon/)
  })

  it('vnet join refuses what is no address and no token before it sends anything', async () => {
    const address = await vnet('join proxy:x vnet1.abc --name a')
    expect(address.stderr).toContain("'proxy:x' is not HOST:PORT")
    const token = await vnet(`join 127.0.0.1:1 nonsense --name a --state ${folder}/j --json`)
    expect(token.status).toBe(1)
    expect(JSON.parse(token.stdout).error.code).toBe('token-invalid')
  })
})
