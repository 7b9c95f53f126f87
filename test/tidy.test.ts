// The rules of the codebase, checked on every file that is (or is about to be) under version
// control. The rules are in test/support/tidy; test/unit/support/tidy.test.ts sees each fail.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { messageOf } from '../src/base/errors.ts'
import { parseArguments } from '../src/cli/arguments.ts'
import { findCommand } from '../src/cli/table.ts'
import { loadTopology } from '../src/lab/topology.ts'
import { checkCpp } from './support/tidy/cpp.ts'
import { FILE_LINES_AIM, type Finding } from './support/tidy/rules.ts'
import { checkText, languageOf } from './support/tidy/text.ts'
import { checkLinks, commandLinesOf, findDeadFiles } from './support/tidy/tree.ts'
import { checkTypeScript } from './support/tidy/typescript.ts'

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file) && !/\/gen\/|\/golden\//.test(file))

const read = (file: string) => readFileSync(file, 'utf8')
const isCode = (file: string) =>
  /^(src|test|bench|native|proto|topologies)\/.*\.(ts|cc|c|h|proto|yaml)$/.test(file) ||
  /^(bin|scripts|\.ci)\//.test(file) ||
  /^[a-z][^/]*\.ts$/.test(file)
const code = files.filter(isCode)
const typeScript = code.filter((file) => languageOf(file) === 'ts')
const checked = typeScript.map((file) => checkTypeScript(file, read(file)))

/** Fails with one line a finding: file, line, rule and what to do. */
function expectTidy(findings: readonly Finding[]): void {
  const lines = findings.map((one) => `${one.file}:${one.line}: [${one.rule}] ${one.message}`)
  expect(lines.join('\n')).toBe('')
}

test('header, columns, length of files, no work left open', () => {
  const long = code.filter((file) => read(file).split('\n').length - 1 > FILE_LINES_AIM)
  if (long.length > 0) console.warn(`over ${FILE_LINES_AIM} lines: ${long.join(' ')}`)
  expectTidy(code.flatMap((file) => checkText(file, read(file))))
})

test('layers, purity, banned calls, length of functions, no default exports', () => {
  expect(typeScript.length).toBeGreaterThan(50) // or the checks above saw nothing
  expectTidy(checked.flatMap((one) => one.findings))
})

test('C++: Node in the glue only, length of functions', () => {
  const native = code.filter((file) => /\.(cc|c|h)$/.test(file))
  expect(native.length).toBeGreaterThan(20)
  expectTidy(native.flatMap((file) => checkCpp(file, read(file))))
})

test('no dead files', () => {
  const sources = typeScript.filter((file) => file.startsWith('src/'))
  expectTidy(
    findDeadFiles(
      sources,
      checked.flatMap((one) => one.imports),
    ),
  )
})

test('links of the documents lead somewhere', () => {
  const documents = files.filter((file) => file.endsWith('.md'))
  expectTidy(documents.flatMap((file) => checkLinks(file, read(file), existsSync)))
})

test('commands in the documents are commands of vnet, with options that they have', () => {
  // docs/cli.md is made from the table itself.
  const documents = files.filter((file) => file.endsWith('.md') && file !== 'docs/cli.md')
  const wrong = documents.flatMap((file) =>
    commandLinesOf(read(file)).flatMap(({ line, words }): Finding[] => {
      const problem = problemOf(words)
      return problem === null ? [] : [{ file, line, rule: 'command', message: problem }]
    }),
  )
  expectTidy(wrong)
})

/** What is wrong with a command line of a document; placeholders in capitals count as values. */
function problemOf(words: readonly string[]): string | null {
  const found = findCommand(words)
  if (found === null) return `'vnet ${words.join(' ')}' is no command`
  if (found.rest.length === 0) return null
  try {
    parseArguments(found.command, found.rest)
    return null
  } catch (error) {
    return `'vnet ${words.join(' ')}': ${messageOf(error)}`
  }
}

test('every topology is valid', () => {
  const topologies = files.filter((file) => /^topologies\/.*\.yaml$/.test(file))
  expect(topologies).toContain('topologies/demo.yaml')
  for (const file of topologies) loadTopology(file)
})
