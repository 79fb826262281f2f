// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells write their variables in this way
import { parseChoice } from '../../args/choices.ts';
import { completionScript, shells } from '../../completion/completion-script.ts';
import { completionPlaces } from '../../completion/completion-words.ts';
import { type CommandGroupSpec, type CommandSpec, defineCommand } from '../command-spec.ts';

/** `roto completion`: what the Tab key does, for all the commands there are. */
export function createCompletionCommand(
  allCommands: () => Promise<readonly (CommandSpec | CommandGroupSpec)[]>,
) {
  return defineCommand({
    name: 'completion',
    summary: 'print a script that lets a shell complete roto',
    description: [
      'Prints a script for bash, zsh or fish that completes commands and their options by the Tab key.',
    ],
    arguments: [{ syntax: '<shell>', text: shells.join(', ') }],
    options: {},
    examples: [
      { text: 'bash, in ~/.bashrc', line: 'source <(roto completion bash)' },
      { text: 'zsh, once', line: 'roto completion zsh > "${fpath[1]}/_roto"' },
      { text: 'fish, in config.fish', line: 'roto completion fish | source' },
    ],
    run: async ({ words: [word = ''] }, { io }) => {
      const shell = parseChoice(word, shells, 'shell');
      io.stdout.write(completionScript(shell, completionPlaces(await allCommands())));
      return 'ok';
    },
  });
}
