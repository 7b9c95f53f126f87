// Rules that need the syntax tree of a TypeScript file: imports by layer, purity, banned calls, the
// length of functions, no default exports.

import { dirname, join } from 'node:path/posix'
import ts from 'typescript'
import {
  BANNED_MODULES,
  BANS,
  type Finding,
  FUNCTION_LINES_MAX,
  LAYERS,
  PURE_LAYERS,
  PURE_MODULES,
  REPLAYABLE_LAYERS,
} from './rules.ts'

/** A file that another one imports: the path in the repository, for relative imports only. */
export interface Import {
  readonly from: string
  readonly to: string
}

export interface Checked {
  readonly findings: readonly Finding[]
  readonly imports: readonly Import[]
}

interface Context {
  readonly file: string
  /** Folder under src/; null outside src/. */
  readonly layer: string | null
  readonly source: ts.SourceFile
  readonly findings: Finding[]
  readonly imports: Import[]
}

/** Checks one file. `file` is the path in the repository, such as `src/base/clock.ts`. */
export function checkTypeScript(file: string, text: string): Checked {
  const layer = /^src\/([^/]+)\//.exec(file)?.[1] ?? null
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const context: Context = { file, layer, source, findings: [], imports: [] }
  if (layer !== null && !(LAYERS as readonly string[]).includes(layer)) {
    context.findings.push({
      file,
      line: 1,
      rule: 'layer',
      message: `src/${layer}/ is no layer: use one of ${LAYERS.join(' ')}, or add it to LAYERS`,
    })
  }
  visit(context, source)
  return { findings: context.findings, imports: context.imports }
}

function visit(context: Context, node: ts.Node): void {
  const specifier = specifierOf(node)
  if (specifier !== null) checkImport(context, node, specifier)
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) checkCall(context, node)
  if (ts.isFunctionLike(node) && 'body' in node && node.body) checkLength(context, node)
  if (isDefaultExport(node) && !context.file.endsWith('.config.ts')) {
    report(context, node, 'default-export', 'default export: give it a name and export that')
  }
  ts.forEachChild(node, (child) => visit(context, child))
}

/** The module that a node imports: `import`, `export from`, `import()` and `import('x').Type`. */
function specifierOf(node: ts.Node): string | null {
  let literal: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) literal = node.moduleSpecifier
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    literal = node.argument.literal
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    literal = node.arguments[0]
  return literal && ts.isStringLiteralLike(literal) ? literal.text : null
}

function checkImport(context: Context, node: ts.Node, specifier: string): void {
  const { file, layer } = context
  if (!specifier.startsWith('.')) {
    if (layer === null) return
    if (PURE_LAYERS.has(layer) && !PURE_MODULES.has(specifier)) {
      const message =
        `src/${layer}/ is pure and may not import '${specifier}': ` +
        'take its result as an argument'
      report(context, node, 'purity', message)
    }
    const instead = BANNED_MODULES.get(specifier)
    if (instead && REPLAYABLE_LAYERS.has(layer)) {
      report(context, node, 'banned-call', `'${specifier}' in src/${layer}/: use ${instead}`)
    }
    return
  }
  const to = join(dirname(file), specifier)
  context.imports.push({ from: file, to })
  if (layer === null) return
  const target = /^src\/([^/]+)\//.exec(to)?.[1] ?? null
  const order: readonly string[] = LAYERS
  if (target === null) {
    // package.json and bench/ (from the CLI, which runs the benches) are the two doors out of src/.
    if (layer !== 'cli' || !to.startsWith('bench/')) {
      report(context, node, 'layer', `src/${layer}/ may not import ${to}: move it into src/`)
    }
  } else if (order.indexOf(target) > order.indexOf(layer)) {
    const message =
      `src/${layer}/ may not import src/${target}/, which stands right of it in LAYERS: ` +
      'pass it in, or move what is shared to the left'
    report(context, node, 'layer', message)
  }
}

function checkCall(context: Context, node: ts.CallExpression | ts.NewExpression): void {
  const { layer } = context
  if (layer === null) return
  let call = node.expression.getText(context.source).replace(/^globalThis\./, '')
  if (ts.isNewExpression(node)) {
    if (node.arguments?.length) return
    call = `new ${call}`
  }
  const ban = BANS.find((one) => one.layers.has(layer) && one.call === call)
  if (ban) report(context, node, 'banned-call', `${call}() in src/${layer}/: use ${ban.instead}`)
}

function checkLength(context: Context, node: ts.SignatureDeclaration): void {
  // What `describe` calls, and a function `describeThis`, is a chapter of tests, not a function.
  const caller = ts.isCallExpression(node.parent) ? node.parent.expression : node.name
  if (context.file.startsWith('test/') && /^describe/.test(caller?.getText() ?? '')) return
  const lines = lineOf(context, node.end) - lineOf(context, node.getStart(context.source)) + 1
  if (lines <= FUNCTION_LINES_MAX) return
  const name = node.name?.getText(context.source) ?? 'anonymous'
  const message = `'${name}' has ${lines} lines, limit ${FUNCTION_LINES_MAX}: split it`
  report(context, node, 'function-length', message)
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  return ts.canHaveModifiers(node)
    ? (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)
    : false
}

function lineOf(context: Context, position: number): number {
  return context.source.getLineAndCharacterOfPosition(position).line + 1
}

function report(context: Context, node: ts.Node, rule: string, message: string): void {
  const line = lineOf(context, node.getStart(context.source))
  context.findings.push({ file: context.file, line, rule, message })
}
