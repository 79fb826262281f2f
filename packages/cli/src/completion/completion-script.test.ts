import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadCommandSpecs } from '../commands/command-list.ts';
import { isGroup } from '../commands/command-spec.ts';
import { completionScript, shells } from './completion-script.ts';
import { completionPlaces } from './completion-words.ts';

const run = promisify(execFile);
const specs = await loadCommandSpecs();
const places = completionPlaces(specs);

/** What bash completes the last word to. */
async function completed(...words: string[]): Promise<string[]> {
  const script = `${completionScript('bash', places)}
COMP_WORDS=(roto "$@"); COMP_CWORD=$#; _roto; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['-c', script, 'bash', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it('completes commands, commands of groups, and flags, in a real bash', async () => {
    expect(await completed('mas')).toEqual(['mask']);
    expect(await completed('videos', 'l')).toEqual(['list']);
    expect(await completed('videos', 'list', '--lim')).toEqual(['--limit']);
    expect(await completed('mask', 'shot.mp4', '--dry')).toEqual(['--dry-run']);
    expect(await completed('--json', 'tasks', 'w')).toEqual(['watch']);
  });

  it.each(shells)('for %s has every command and every long flag', (shell) => {
    const script = completionScript(shell, places);
    for (const spec of specs) {
      for (const command of isGroup(spec) ? spec.commands : [spec]) {
        expect(script).toContain(command.name);
        for (const { flags } of Object.values(command.options)) {
          const flag = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? '';
          expect(script).toContain(flag);
        }
      }
    }
  });
});
