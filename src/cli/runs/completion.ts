// `vnet completion SHELL`: a small script that asks `vnet complete` for what may follow, so that
// new commands, hosts and ports are completed without a new script.

import { VnetError } from '../../base/errors.ts'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'

const BASH = `# bash completion of vnet; made by 'vnet completion bash'
_vnet() {
  local IFS=$'\\n' current line
  local -a words
  # The line is split at blanks only: not at the colons of MAC addresses and of link:HOST.
  line=\${COMP_LINE:0:COMP_POINT}
  IFS=' ' read -r -a words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  current=\${words[-1]}
  COMPREPLY=($(vnet complete -- "\${words[@]:1}" 2>/dev/null))
  if [[ \${COMPREPLY[0]:-} == :file ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  elif [[ $current == *:* ]]; then
    # bash put what stands before the last colon into a word of its own.
    COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
  fi
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
}
complete -F _vnet vnet`

const ZSH = `#compdef vnet
# zsh completion of vnet; made by 'vnet completion zsh'
_vnet() {
  local -a found
  found=("\${(@f)$(vnet complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${found[1]:-} == :file ]]; then
    _files
  elif [[ -n \${found[1]:-} ]]; then
    compadd -Q -- "\${found[@]}"
  fi
}
if [[ \${zsh_eval_context[-1]:-} == loadautofunc ]]; then
  _vnet "$@"
else
  compdef _vnet vnet
fi`

const FISH = `# fish completion of vnet; made by 'vnet completion fish'
function __vnet_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (vnet complete -- $words[2..-1] 2>/dev/null)
    if test "$found[1]" = :file
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c vnet -f -a '(__vnet_complete)'`

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH }

export async function runCompletion({ args, env, out }: Context): Promise<undefined> {
  const given = args.optionalText('SHELL')
  const shell = given ?? env.SHELL?.split('/').at(-1) ?? ''
  const script = SCRIPTS[shell]
  if (script !== undefined) {
    out.print(script)
    return
  }
  const hint = 'name one: vnet completion bash, zsh or fish'
  if (given !== undefined) {
    throw new UsageError('usage-value', `there is no completion for '${given}'`, { hint })
  }
  throw new VnetError('shell-unknown', `no completion for your shell '${shell}'`, { hint })
}
