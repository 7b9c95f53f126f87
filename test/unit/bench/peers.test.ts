// Which peers take part, and how those that do not are named.

import { expect, test } from 'vitest'
import { reportPeers } from '../../../bench/peers/cases.ts'
import { findPeers, PEERS, parsePeerChoice } from '../../../bench/peers/list.ts'
import { findProgram } from '../../../bench/peers/peer.ts'
import { renderPeers } from '../../../bench/report.ts'

test('a program that is missing is skipped with its package', async () => {
  const found = await findProgram({
    command: 'no-such-overlay',
    args: [],
    pattern: /(.)/,
    package: 'some-overlay',
  })
  expect(found).toEqual({ version: null, why: 'not installed: apt-get install some-overlay' })
})

test('a program tells its version, or that it does not', async () => {
  const node = { command: process.execPath, args: ['--version'], package: 'nodejs' }
  const version = process.versions.node
  expect(await findProgram({ ...node, pattern: /^v(\S+)/m })).toEqual({ version })
  const none = await findProgram({ ...node, pattern: /^Overlay (\S+)/m })
  expect(none).toMatchObject({ version: null, why: expect.stringContaining('does not tell') })
})

test('none asks for nothing; names are unique; other words are refused', async () => {
  const none = { wanted: [], found: [], skipped: [] }
  const context = { peers: 'none', progress: () => {} } as const
  expect(await findPeers(context, () => true)).toEqual(none)
  expect(new Set(PEERS.map(({ name }) => name)).size).toBe(PEERS.length)
  expect(parsePeerChoice('all')).toBe('all')
  expect(() => parsePeerChoice('some')).toThrow(expect.objectContaining({ code: 'peers-unknown' }))
})

test('the result names each peer: measured, not installed, or broken on the way', () => {
  const [first, second, third] = PEERS
  if (first === undefined || second === undefined || third === undefined) throw new Error('peers')
  const found = [first, second].map((peer) => ({ peer, version: '1.2' }))
  const skipped = [
    { name: second.name, why: 'does not start; it said:\nmuch' },
    { name: third.name, why: 'not installed' },
  ]
  const wanted = PEERS.slice(0, 4)
  const reports = reportPeers({ wanted, found, skipped }, [{ name: first.name, measures: {} }])
  const { find: _find, start: _start, ...facts } = first
  expect(reports[0]).toEqual({ ...facts, version: '1.2' })
  expect(reports[1]).toMatchObject({ version: '1.2', skipped: expect.stringContaining('much') })
  expect(reports[2]).toMatchObject({ version: null, skipped: 'not installed' })
  expect(reports[3]).toMatchObject({ skipped: 'the run ended before its turn' })
  const rows = renderPeers(reports).split('\n')
  expect(rows[2]).toMatch(/\| measured +\|$/)
  expect(rows[3]).toMatch(/\| skipped: does not start; it said: +\|$/)
})
