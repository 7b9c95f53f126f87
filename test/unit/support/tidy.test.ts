// Each rule of the codebase sees its breach: a check that cannot fail checks nothing.

import { describe, expect, test } from 'vitest'
import { checkCpp, functionsOf } from '../../support/tidy/cpp.ts'
import type { Finding } from '../../support/tidy/rules.ts'
import { checkText } from '../../support/tidy/text.ts'
import { checkLinks, commandLinesOf, findDeadFiles } from '../../support/tidy/tree.ts'
import { checkTypeScript } from '../../support/tidy/typescript.ts'

const rules = (findings: readonly Finding[]) => findings.map((one) => one.rule)
const ofTs = (file: string, text: string) => rules(checkTypeScript(file, text).findings)
const lines = (count: number) => '  work()\n'.repeat(count)

describe('text', () => {
  test.each([
    ['header', 'src/a.ts', 'export const a = 1\n'],
    ['header', 'native/a.h', '#pragma once\n'],
    ['header', 'scripts/a', '#!/bin/sh\nset -e\n'],
    ['header', 'topologies/a.yaml', 'name: a\n'],
    ['file-length', 'src/a.ts', `// A.\n${'\n'.repeat(350)}`],
    ['columns', 'src/a.ts', `// ${'a'.repeat(98)}\n`],
    ['open-work', 'src/a.ts', `// A.\n// ${'TO'}${'DO'}: more\n`],
    ['switched-off', 'test/a.test.ts', `// A.\ntest${'.'}only('x', f)\n`],
    ['switched-off', 'test/a.test.ts', `// A.\ndescribe${'.'}skip('x', f)\n`],
  ])('%s in %s', (rule, file, text) => {
    expect(rules(checkText(file, text))).toEqual([rule])
  })

  test('a tidy file has no finding', () => {
    expect(checkText('src/a.ts', `// ${'a'.repeat(97)}\n${'\n'.repeat(349)}`)).toEqual([])
    expect(checkText('scripts/a', '#!/bin/sh\n# A.\n')).toEqual([])
  })
})

describe('TypeScript', () => {
  test.each([
    ['layer', 'src/base/a.ts', "import { x } from '../wire/x.ts'"],
    ['layer', 'src/base/a.ts', "export * from '../wire/x.ts'"],
    ['layer', 'src/base/a.ts', "const x = await import('../wire/x.ts')"],
    ['layer', 'src/base/a.ts', "type X = import('../wire/x.ts').X"],
    ['layer', 'src/daemon/a.ts', "import { x } from '../../test/x.ts'"],
    ['layer', 'src/unheard-of/a.ts', ''],
    ['purity', 'src/plane/a.ts', "import { readFileSync } from 'node:fs'"],
    ['purity', 'src/infer/a.ts', "import { z } from 'zod'"],
    ['banned-call', 'src/link/a.ts', 'const t = Date.now()'],
    ['banned-call', 'src/link/a.ts', 'const t = new Date()'],
    ['banned-call', 'src/proxy/a.ts', 'globalThis.setTimeout(f, 1)'],
    ['banned-call', 'src/trust/a.ts', 'const r = Math.random()'],
    ['banned-call', 'src/daemon/a.ts', "import { setTimeout } from 'node:timers/promises'"],
    ['banned-call', 'src/base/a.ts', "console.log('x')"],
    ['default-export', 'src/base/a.ts', 'export default 1'],
    ['default-export', 'src/base/a.ts', 'export default function f() {}'],
    ['default-export', 'src/base/a.ts', 'const a = 1\nexport { a as default }'],
    ['function-length', 'src/base/a.ts', `function f() {\n${lines(69)}}`],
    ['function-length', 'test/a.test.ts', `test('x', () => {\n${lines(69)}})`],
  ])('%s in %s, sample %#', (rule, file, text) => {
    expect(ofTs(file, text)).toEqual([rule])
  })

  test('the message names the replacement', () => {
    const { findings } = checkTypeScript('src/link/a.ts', '\nconst t = Date.now()')
    expect(findings[0]).toMatchObject({ line: 2, message: expect.stringContaining('a Clock') })
  })

  test.each([
    ['src/wire/a.ts', "import { x } from '../base/x.ts'\nimport { y } from './y.ts'"],
    ['src/plane/a.ts', "import assert from 'node:assert'"],
    ['src/link/a.ts', '// Date.now()\nconst s = "Math.random()"\nconst d = new Date(0)'],
    ['src/base/a.ts', `function f() {\n${lines(68)}}`],
    ['src/cli/a.ts', "console.log('x')\nimport { b } from '../../bench/main.ts'"],
    ['test/a.test.ts', `describe('x', () => {\n${lines(99)}})`],
    ['test/contract/a.contract.ts', `function describeA() {\n${lines(99)}}`],
    ['vitest.config.ts', 'export default {}'],
  ])('nothing in %s', (file, text) => {
    expect(ofTs(file, text)).toEqual([])
  })
})

describe('C++', () => {
  test('Node stays in the glue', () => {
    expect(rules(checkCpp('native/tap.cc', '#include <napi.h>\n'))).toEqual(['glue'])
    expect(rules(checkCpp('native/tap.h', '#include <node_api.h>\n'))).toEqual(['glue'])
    expect(checkCpp('native/addon.cc', '#include <napi.h>\n')).toEqual([])
    expect(checkCpp('native/addon_values.h', '#include <napi.h>\n')).toEqual([])
  })

  test('a long function is found, in a class and a namespace too', () => {
    const text = `namespace a {\nclass B : C {\n  int get() const {\n${lines(69)}  }\n};\n}\n`
    expect(checkCpp('native/a.cc', text)).toMatchObject([
      { rule: 'function-length', line: 3, message: expect.stringContaining("'get'") },
    ])
  })

  test('braces in comments, strings and initialisers do not confuse', () => {
    const text = [
      'struct P { int x{1}; };',
      'static const int table[] = { 1, 2 };',
      'int one() { return 1; } // {',
      'int two(int a) {',
      '  const char* s = "{"; char c = \'{\'; /* { */',
      '  if (a) { return 2; }',
      '  return 0;',
      '}',
    ].join('\n')
    expect(functionsOf(text)).toEqual([
      { name: 'one', line: 3, lines: 1 },
      { name: 'two', line: 4, lines: 5 },
    ])
  })
})

describe('the tree', () => {
  test('a file that only its own test imports is dead', () => {
    const files = ['src/base/a.ts', 'src/base/b.ts', 'src/cli/main.ts']
    const imports = [
      { from: 'test/unit/base/a.test.ts', to: 'src/base/a.ts' },
      { from: 'src/cli/main.ts', to: 'src/base/b.ts' },
    ]
    expect(findDeadFiles(files, imports).map((one) => one.file)).toEqual(['src/base/a.ts'])
  })

  test('commands in documents', () => {
    const text =
      'run `vnet status` or\n```sh\nvnet hosts --json | jq .  # all\nls\n```\n`make demo`'
    expect(commandLinesOf(text)).toEqual([
      { line: 1, words: ['status'] },
      { line: 3, words: ['hosts', '--json'] },
    ])
  })

  test('links of documents', () => {
    const text = '[a](a.md) [b](../b.md#c) [web](https://example.org) [here](#x)\n[gone](gone.md)\n'
    const exists = (path: string) => path === 'docs/a.md' || path === 'b.md'
    expect(checkLinks('docs/x.md', text, exists)).toMatchObject([{ line: 2, rule: 'broken-link' }])
  })
})
