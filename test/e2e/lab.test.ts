// The life of a lab on a real machine: up is idempotent and mends, Ctrl-C and SIGKILL at any time
// leave nothing that `down` does not find, and labs side by side do not touch each other.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LabStatus } from '../../src/lab/commands.ts'
import { attachLab } from '../../src/lab/handle.ts'
import { labUp } from '../../src/lab/lab.ts'
import { namespacePrefix } from '../../src/lab/state.ts'
import { labDown, labNamespaces } from '../../src/lab/teardown.ts'
import { createLabFolder, type LabFolder } from '../support/lab.ts'

/** A proxy with a machine on its LAN, and a host with a guest. */
const TINY = `sites:
  home: { wan: { rate: 1gbit, delay: 1ms } }
  far: { wan: { rate: 1gbit, delay: 2ms }, firewall: outgoing-tcp, nat: true }
proxy: { site: home, lan: { subnet: 10.78.0.0/24 } }
hosts: { alpha: { site: far } }
guests: { vm1: { host: alpha, ip: 10.78.0.11 } }
lan: { desk: { ip: 10.78.0.2 } }
`

let folder: LabFolder
let tiny: string

beforeAll(() => {
  folder = createLabFolder()
  tiny = folder.write('tiny', TINY)
})
afterAll(() => folder.remove())

describe('a lab that is up', () => {
  beforeAll(async () => {
    expect(await folder.vnetLab('up', tiny)).toMatchObject({ status: 0 })
  })
  afterAll(async () => {
    expect(await folder.vnetLab('down', tiny)).toMatchObject({ status: 0 })
    expect(folder.traces()).toEqual([])
  })

  test('stays as it is when it is brought up again', async () => {
    const before = await nodes()
    expect(before.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'proxy up',
      'alpha up',
      'vm1 up',
      'desk up',
    ])
    const again = await folder.vnetLab('up', tiny)
    expect(again).toMatchObject({ status: 0, stderr: 'tiny is up already' })
    expect(await nodes()).toEqual(before)
  })

  test('works, and programs in it give their status', async () => {
    const ping = ['ping', '-c', '1', '-W', '3', '10.78.0.2']
    expect(await folder.vnetLab('exec', 'tiny', 'vm1', ...ping)).toMatchObject({ status: 0 })
    const fails = await folder.vnetLab('exec', 'tiny', 'vm1', 'sh', '-c', 'exit 7')
    expect(fails.status).toBe(7)
    const status = await folder.vnetLab('exec', 'tiny', 'alpha', 'vnet', 'status', '--json')
    expect(JSON.parse(status.stdout)).toMatchObject({ name: 'alpha', star: 'up' })
    const nobody = await folder.vnetLab('exec', 'tiny', 'vm11', 'true')
    expect(nobody.stderr).toContain("did you mean 'vm1'?")
  })

  test('has a daemon that died started again, and no other', async () => {
    const before = await nodes()
    await attachLab('tiny').kill('alpha', 'SIGKILL')
    const dead = (await nodes()).filter(({ state }) => state === 'down')
    expect(dead.map(({ name }) => name)).toEqual(['alpha', 'vm1'])
    const again = await folder.vnetLab('up', tiny)
    expect(again).toMatchObject({ status: 0, stderr: 'alpha: starting again' })
    const after = await nodes()
    const moved = after.filter(({ pid }, index) => pid !== before[index]?.pid)
    expect(moved.map(({ name, state }) => `${name} ${state}`)).toEqual(['alpha up'])
    await attachLab('tiny').run('desk', ['ping', '-c', '1', '-W', '3', '10.78.0.11'])
  })

  async function nodes() {
    const { stdout } = await folder.vnetLab('status', 'tiny', '--json')
    return (JSON.parse(stdout) as LabStatus[])[0]?.nodes ?? []
  }
})

describe('cut off while it comes up', () => {
  afterEach(() => expect(folder.traces()).toEqual([]))

  test.each(['network:', 'proxy: starting', 'hosts: joining'])('Ctrl-C at "%s"', async (line) => {
    const up = folder.start('up', tiny)
    await up.line(line)
    press(up.child.pid)
    const { status, stderr } = await up.end
    expect(status).toBe(1)
    expect(stderr).toContain('taking away what was made so far')
    expect(stderr).toContain('error: stopped by the user')
  })

  test('an impatient Ctrl-C, and others at work on the same lab', async () => {
    const up = folder.start('up', tiny)
    await up.line('proxy: starting')
    for (const word of ['up', 'down']) {
      const other = await folder.vnetLab(word, tiny)
      expect(other.status).toBe(1)
      expect(other.stderr).toContain(`process ${up.child.pid} is at work on lab 'tiny'`)
    }
    press(up.child.pid)
    await up.line('taking away')
    press(up.child.pid)
    const { status, stderr } = await up.end
    expect(status).toBe(1)
    expect(stderr).toContain('one moment')
  })

  test.each(['network:', 'hosts: joining'])('SIGKILL at "%s", then down --all', async (line) => {
    const up = folder.start('up', tiny)
    await up.line(line)
    up.child.kill('SIGKILL')
    await up.end
    // Something that no record tells of.
    const stray = folder.start('exec', 'tiny', 'internet', 'sh', '-c', 'echo in >&2; sleep 1000')
    await stray.line('in')
    expect(folder.traces().filter((trace) => trace.includes('sleep 1000'))).not.toEqual([])
    const down = await folder.vnetLab('down', '--all')
    expect(down).toMatchObject({ status: 0, stderr: 'taken away: tiny' })
  })
})

describe('side by side', () => {
  const network = { isNetworkOnly: true }
  const named = (name: string, host: string) => folder.write(name, TINY.replaceAll('alpha', host))

  test('names that begin with or look like another lab’s', async () => {
    await Promise.all([
      labUp(named('ab', 'c-x'), network),
      labUp(named('ab-c', 'x'), network),
      labUp(named('a', 'b-c-x'), network),
    ])
    const all = labNamespaces(null)
    expect(all).toHaveLength(24)
    await labDown('ab')
    expect(labNamespaces(null).sort()).toEqual(all.filter((name) => !name.includes('.ab.')).sort())
    expect((await folder.vnetLab('down', '--all')).stderr).toBe('taken away: a, ab-c')
    expect(folder.traces()).toEqual([])
  })

  test('another folder with the same lab', async () => {
    await labUp(tiny, network)
    const first = namespacePrefix()
    const other = createLabFolder()
    await labUp(tiny, network)
    expect(namespacePrefix()).not.toBe(first)
    expect((await other.vnetLab('down', '--all')).stderr).toBe('taken away: tiny')
    expect(other.traces()).toEqual([])
    await other.remove()
    process.env.VNET_LAB_DIR = `${folder.path}/labs`
    expect(labNamespaces('tiny')).toHaveLength(8)
    await attachLab('tiny').run('proxy', ['ping', '-c', '1', '-W', '2', '198.18.1.2'])
    await labDown('tiny')
    expect(folder.traces()).toEqual([])
  })
})

/** As the terminal does: to the whole group. */
function press(pid: number | undefined): void {
  process.kill(-(pid ?? 0), 'SIGINT')
}
