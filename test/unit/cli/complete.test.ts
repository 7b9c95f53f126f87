// Completion: the words that may follow, and the script in a real bash.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())

async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const env = { VNET_SOCKET: daemon.socket }
  const { stdout } = await vnet(['complete', '--', ...words], { env })
  return stdout.split('\n').filter((line) => line !== '')
}

describe('completion', () => {
  it.each([
    [['st'], ['status']],
    [['li'], ['links', 'link']],
    [
      ['link', ''],
      ['add', 'remove'],
    ],
    [['ping', 'a'], ['alpha']],
    [['ping', '-c', '3', 'b'], ['beta']],
    [
      ['pin', 'add', '52:54:00:00:00:03', ''],
      ['alpha', 'beta', 'gamma\u001b[31m'],
    ],
    [
      ['rule', 'add', '52:'],
      ['52:54:00:00:00:01', '52:54:00:00:00:03', '52:54:00:00:00:05'],
    ],
    [['rule', 'add', 'x', 'h'], ['host:']],
    [
      ['capture', ''],
      ['lan', 'vm9', 'link:alpha', 'link:beta'],
    ],
    [['capture', 'lan', '-w', ''], [':file']],
    [
      ['logs', '--level', ''],
      ['debug', 'info', 'warn', 'error'],
    ],
    [['hosts', '--j'], ['--json']],
    [['token', 'create', '--ttl', ''], []],
    [['frobnicate', ''], []],
    [['complete', ''], []],
  ])('after %j offers %j', async (words, offered) => {
    expect(await complete(...words)).toEqual(offered)
  })

  it('offers nothing, and says nothing, where no daemon answers', async () => {
    const env = { VNET_SOCKET: '/nowhere/x.sock' }
    const result = await vnet(['complete', '--', 'ping', ''], { env })
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('works in bash, with MAC addresses too', async () => {
    const bin = fileURLToPath(new URL('../../../bin', import.meta.url))
    const script = [
      `PATH=${bin}:$PATH`,
      'source <(vnet completion bash)',
      'try() {',
      '  COMP_LINE=$1; COMP_POINT=$(printf %s "$1" | wc -c); COMPREPLY=()',
      `  _vnet; printf '%s ' "\${COMPREPLY[@]}"; echo`,
      '}',
      'try "vnet link a"; try "vnet ping al"; try "vnet pin remove 52:54:00:00:00:0"',
      'try "vnet capture link:al"; try "vnet token "',
    ].join('\n')
    const env = { ...process.env, VNET_SOCKET: daemon.socket, VNET_NODE: process.execPath }
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env })
    expect(stdout.split(' \n')).toEqual([
      'add',
      'alpha',
      '01 03 05',
      'alpha',
      'create list remove',
      '',
    ])
  })

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    const { status, stdout } = await vnet('completion', { env: { SHELL: `/usr/bin/${shell}` } })
    expect(status).toBe(0)
    expect(stdout).toContain(`vnet completion ${shell}`)
  })

  it('names the shells it knows', async () => {
    expect((await vnet('completion tcsh')).status).toBe(2)
    expect((await vnet('completion', { env: { SHELL: '/bin/tcsh' } })).status).toBe(1)
  })
})
