// Labs of an ordinary user, `nobody`: in a mount namespace of the test with a /dev/net/tun that all
// may open, as on most machines, or none. The machine's own device is not touched.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LabStatus } from '../../src/lab/commands.ts'
import {
  createLabFolder,
  follow,
  type LabFolder,
  processesWith,
  type Running,
  VNET,
} from '../support/lab.ts'
import { until } from '../support/netns.ts'

const NOBODY = 65_534
const USER = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--']
const TINY = `sites: { home: { wan: { delay: 1ms } }, far: { firewall: outgoing-tcp, nat: true } }
proxy: { site: home, lan: { subnet: 10.78.0.0/24 } }
hosts: { alpha: { site: far } }
guests: { vm1: { host: alpha, ip: 10.78.0.11 } }
lan: { desk: { ip: 10.78.0.2 } }
`

let folder: LabFolder
let env: NodeJS.ProcessEnv
let tiny: string
let obstacle: string | null = null

beforeAll(() => {
  folder = createLabFolder()
  tiny = folder.write('tiny', TINY)
  chmodSync(folder.path, 0o755)
  const run = join(folder.path, 'run')
  mkdirSync(run, { mode: 0o700 })
  chownSync(run, NOBODY, NOBODY)
  const { VNET_LAB_DIR: _, ...rest } = process.env
  env = { ...rest, XDG_RUNTIME_DIR: run, HOME: run }
  obstacle = findObstacle()
})
afterAll(async () => {
  if (traces().length > 0) await vnetLab('down', '--all') // a test failed
  await folder.remove()
})

/** Why an ordinary user can have no lab on this machine, whatever the program does. */
function findObstacle(): string | null {
  const [program = '', ...words] = USER
  const asNobody = (...argv: readonly string[]) =>
    spawnSync(program, [...words, ...argv], { env, encoding: 'utf8' })
  const version = asNobody(VNET, '--version')
  if (version.status !== 0) return `another user cannot run this checkout: ${version.stderr}`
  const unshare = asNobody('unshare', '--user', '--map-root-user', '--net', '--mount', 'true')
  return unshare.status === 0 ? null : `no user namespaces here: ${unshare.stderr}`
}

/** Starts `vnet lab ...` as nobody, with a tun device of that mode. */
function start(tunMode: '666' | '600', ...words: readonly string[]): Running {
  const device = join(folder.path, `tun-${tunMode}`)
  if (!existsSync(device)) execFileSync('mknod', ['-m', tunMode, device, 'c', '10', '200'])
  const bind = `mount --bind ${device} /dev/net/tun && cd ${folder.path} && exec "$@"`
  const inside = ['sh', '-c', bind, 'sh', ...USER]
  return launch('unshare', ['--mount', ...inside, VNET, 'lab', ...words])
}

function launch(program: string, argv: readonly string[]): Running {
  return follow(spawn(program, argv, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] }))
}

const vnetLab = (...words: readonly string[]) => start('666', ...words).end

/** Everything of nobody's labs: processes (the holder's, too) and files. */
function traces(): string[] {
  const labs = `${env.XDG_RUNTIME_DIR}/vnet-lab`
  const files = existsSync(labs) ? [`folder ${labs}`] : []
  return [...processesWith(`XDG_RUNTIME_DIR=${env.XDG_RUNTIME_DIR}`), ...files]
}

afterEach(() => expect(traces()).toEqual([]))

test('up, work, mend, down', async (context) => {
  if (obstacle !== null) context.skip(obstacle)
  expect(await vnetLab('up', tiny)).toMatchObject({ status: 0 })
  expect(folder.traces()).toEqual([]) // nothing of it in the machine's own namespaces
  const status = await vnetLab('status', '--json')
  const [lab] = JSON.parse(status.stdout) as LabStatus[]
  expect(lab?.nodes.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'proxy up',
    'alpha up',
    'vm1 up',
    'desk up',
  ])
  const ping = ['ping', '-c', '1', '-W', '3', '10.78.0.2']
  expect(await vnetLab('exec', 'tiny', 'vm1', ...ping)).toMatchObject({ status: 0 })
  const inside = await vnetLab('exec', 'tiny', 'vm1', 'sh', '-c', 'id -u; pwd; exit 7')
  expect(inside).toMatchObject({ status: 7, stdout: `0\n${folder.path}\n` })

  const daemon = lab?.nodes.find(({ name }) => name === 'alpha')?.pid
  process.kill(daemon ?? 0, 'SIGKILL')
  expect(await vnetLab('up', tiny)).toMatchObject({ status: 0, stderr: 'alpha: starting again' })
  expect(await vnetLab('down', 'tiny')).toMatchObject({ status: 0, stderr: 'taken away: tiny' })
})

test('Ctrl-C while it comes up', async (context) => {
  if (obstacle !== null) context.skip(obstacle)
  const up = start('666', 'up', tiny)
  await up.line('hosts: joining')
  process.kill(-(up.child.pid ?? 0), 'SIGINT')
  const { status, stderr } = await up.end
  expect(status).toBe(1)
  expect(stderr).toContain('error: stopped by the user')
})

test('what killed commands and holders leave goes with down --all', async (context) => {
  if (obstacle !== null) context.skip(obstacle)
  const up = start('666', 'up', tiny)
  await up.line('hosts: joining')
  killAll(up.child)
  expect(await vnetLab('down', '--all')).toMatchObject({ status: 0 })
})

describe('what the machine refuses is said, with what to do', () => {
  test('a tun device for root only', async (context) => {
    if (obstacle !== null) context.skip(obstacle)
    const { status, stderr } = await start('600', 'up', tiny).end
    expect(status).toBe(1)
    expect(stderr).toContain('error: /dev/net/tun may not be opened by you on this machine')
    expect(stderr).toContain('try: chmod 0666 /dev/net/tun, as root')
  })

  test('no user namespaces', async (context) => {
    if (obstacle !== null) context.skip(obstacle)
    // A user namespace in which all users exist and none may make another.
    const limit = '/proc/sys/user/max_user_namespaces'
    const forbid = ['sh', '-c', `echo 0 > ${limit} && exec "$@"`, 'sh']
    // Root in there from the first program on that starts when the map is written.
    const wait = ['sh', '-c', 'read go && exec "$@"', 'sh', ...forbid]
    const up = launch('unshare', ['--user', ...wait, ...USER, VNET, 'lab', 'up', tiny])
    const map = `/proc/${up.child.pid}/uid_map`
    const ownNamespace = readlink('self')
    await until(() => readlink(`${up.child.pid}`) !== ownNamespace)
    for (const file of [map, map.replace('uid', 'gid')]) writeFileSync(file, '0 0 70000\n')
    up.child.stdin?.end('go\n')
    const { status, stderr } = await up.end
    expect(stderr).toContain('a lab needs root or user namespaces, which this machine refuses')
    expect(stderr).toContain('try: sudo vnet lab up')
    expect(status).toBe(1)
  })
})

function readlink(pid: string): string {
  return execFileSync('readlink', [`/proc/${pid}/ns/user`], { encoding: 'utf8' })
}

/** The command that was started, what it started, and the holder; daemons live on. */
function killAll(child: ChildProcess): void {
  child.kill('SIGKILL')
  for (const line of traces()) {
    const pid = Number(/^process (\d+)/.exec(line)?.[1])
    const isDaemon = /vnet-wan| (proxy|host|join) /.test(line)
    if (pid > 0 && !isDaemon && existsSync(`/proc/${pid}`)) {
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`\t${NOBODY}\t`)
      process.kill(pid, 'SIGKILL')
    }
  }
}
