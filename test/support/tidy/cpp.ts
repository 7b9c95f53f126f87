// Rules of the C++ files: Node's interface in the glue only, no long functions, comments aside.

import { type Finding, FUNCTION_LINES_MAX } from './rules.ts'

/** The only files that know Node: everything else can be built and tested without it. */
const GLUE = /^native\/addon(_[a-z]+)?\.(cc|h)$/
const NODE_HEADERS = /^\s*#\s*include\s*[<"](napi|node_api|js_native_api|node|uv|v8)[.h/-]/
const CONTAINER = /\b(namespace|class|struct|union|enum|extern)\b/

/** Checks one C or C++ file. `file` is the path in the repository. */
export function checkCpp(file: string, text: string): Finding[] {
  const found: Finding[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (!GLUE.test(file) && NODE_HEADERS.test(line)) {
      found.push({
        file,
        line: index + 1,
        rule: 'glue',
        message: `only native/addon*.cc includes Node's headers: pass plain values instead`,
      })
    }
  }
  for (const { name, line, lines } of functionsOf(text)) {
    if (lines > FUNCTION_LINES_MAX) {
      const message = `'${name}' has ${lines} lines, limit ${FUNCTION_LINES_MAX}: split it`
      found.push({ file, line, rule: 'function-length', message })
    }
  }
  return found
}

interface CppFunction {
  readonly name: string
  readonly line: number
  readonly lines: number
}

/**
 * The functions of a file, found by their braces: a block opened outside any function, whose head
 * has a parameter list, is one. Rough, and enough to measure.
 */
export function functionsOf(text: string): CppFunction[] {
  const code = blankOut(text)
  const found: CppFunction[] = []
  let head = ''
  let line = 1
  let depth = 0 // inside a function; 0: at the level of namespaces and classes
  let open = { name: '', line: 1 }
  for (const character of code) {
    if (character === '\n') line += 1
    if (depth > 0) {
      if (character === '{') depth += 1
      if (character === '}') depth -= 1
      if (depth === 0) {
        found.push({ ...open, lines: line - open.line + 1 })
        head = ''
      }
    } else if (character === '{' && isFunctionHead(head)) {
      open = { name: nameOf(head), line }
      depth = 1
    } else if ('{};'.includes(character)) {
      head = ''
    } else {
      head += character
    }
  }
  return found
}

function isFunctionHead(head: string): boolean {
  const isOfType = CONTAINER.test(head) && !/\)\s*(const|noexcept|override|\s)*$/.test(head)
  return head.includes('(') && !isOfType && !/=\s*$/.test(head)
}

function nameOf(head: string): string {
  return /([\w:~]+)\s*\(/.exec(head)?.[1] ?? 'anonymous'
}

/** Comments, strings and preprocessor lines become spaces; line breaks stay. */
function blankOut(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^\s*#(?:\\\n|[^\n])*/gm
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '))
}
