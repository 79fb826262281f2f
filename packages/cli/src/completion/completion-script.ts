// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells write their variables in this way
import type { CompletionPlace, CompletionWord } from './completion-words.ts';

/** Shells there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script for a shell that completes commands and flags; everything else is a file. */
export function completionScript(shell: Shell, places: readonly CompletionPlace[]): string {
  if (shell === 'bash') return bashScript(places);
  return shell === 'zsh' ? zshScript(places) : fishScript(places);
}

/** Finds out at which place of the command line the cursor is; bash and zsh read it alike. */
function pathLoop(places: readonly CompletionPlace[], before: string): string[] {
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return [
    `  for word in ${before}; do`,
    '    case "$path$word" in',
    `      ${paths.join('|')}) path="$path$word " ;;`,
    '    esac',
    '  done',
  ];
}

function bashScript(places: readonly CompletionPlace[]): string {
  return lines([
    '# Completion of roto for bash: source <(roto completion bash)',
    '_roto() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" path= word words=',
    ...pathLoop(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"'),
    '  case "${path% }" in',
    ...places.map(({ path, commands, flags }) => {
      const words = [...commands, ...flags].map(({ word }) => word).join(' ');
      return `    '${path}') words='${words}' ;;`;
    }),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -o default -F _roto roto',
  ]);
}

function zshScript(places: readonly CompletionPlace[]): string {
  const described = (words: readonly CompletionWord[]) =>
    words.map(({ word, text }) => `'${quotedOnce(`${word}:${text}`)}'`).join(' ');
  return lines([
    '#compdef roto',
    '# Completion of roto for zsh: roto completion zsh > "${fpath[1]}/_roto"',
    '_roto() {',
    '  local path= word',
    '  local -a found',
    ...pathLoop(places, '"${words[@]:1:CURRENT-2}"'),
    '  case "${path% }" in',
    ...places.map(
      ({ path, commands, flags }) =>
        `    '${path}') found=(${described([...commands, ...flags])}) ;;`,
    ),
    '  esac',
    '  _describe roto found',
    '  [[ "${words[CURRENT]}" == -* ]] || _files',
    '}',
    'if [[ "$funcstack[1]" == _roto ]]; then _roto "$@"; else compdef _roto roto; fi',
  ]);
}

function fishScript(places: readonly CompletionPlace[]): string {
  const entries = places.flatMap(({ path, commands, flags }) => {
    const condition = fishCondition(path, commands);
    return [
      ...commands.map(
        ({ word, text }) =>
          `complete -c roto -f -n '${condition}' -a '${word}' -d '${fishText(text)}'`,
      ),
      ...flags.map(
        ({ word, text }) =>
          `complete -c roto -n '${fishPath(path)}' -l '${word.slice(2)}' -d '${fishText(text)}'`,
      ),
    ];
  });
  return lines(['# Completion of roto for fish: roto completion fish | source', ...entries]);
}

function fishCondition(path: string, commands: readonly CompletionWord[]): string {
  const names = commands.map(({ word }) => word).join(' ');
  const none = `not __fish_seen_subcommand_from ${names}`;
  return path === '' ? none : `${fishPath(path)}; and ${none}`;
}

function fishPath(path: string): string {
  if (path === '') return '__fish_use_subcommand';
  return path
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

function fishText(text: string): string {
  return text.replace(/[\\']/g, '\\$&');
}

/** Inside single quotes of a POSIX shell. */
function quotedOnce(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
