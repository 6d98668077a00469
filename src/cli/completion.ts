/** Completion scripts for shells, made from the commands and options themselves. */
import type { Command } from 'commander';

interface Place {
  /** The commands that lead here: '' for the program, ' models pull' for a subcommand. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly help: string }[];
  readonly options: readonly { readonly name: string; readonly help: string }[];
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the names of commands and their options, and files elsewhere. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  if (shell === 'bash') return bash(places);
  return shell === 'zsh' ? zsh(places) : fish(places);
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.filter((one) => one.name() !== 'help');
  const options = command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined && long !== null)
    .map(({ long, description }) => ({ name: String(long), help: description }));
  return [
    {
      path,
      commands: commands.map((one) => ({ name: one.name(), help: one.description() })),
      options: [...options, { name: '--help', help: 'display help' }],
    },
    ...commands.flatMap((one) => placesOf(one, `${path} ${one.name()}`)),
  ];
}

/** Shell code that walks the words typed so far and leaves the path in `where`. */
function walk(places: readonly Place[], word: string): string {
  const steps = places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `      "${path}") where="${path}" ;;`);
  return `    case "$where ${word}" in\n${steps.join('\n')}\n    esac`;
}

function bash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, commands, options }) =>
      `    "${path}") words="${[...commands, ...options].map(({ name }) => name).join(' ')}" ;;`,
  );
  return `# footnote completion for bash: source it, or save it as /etc/bash_completion.d/footnote
_footnote() {
  local where="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
${walk(places, '${COMP_WORDS[i]}')}
  done
  case "$where" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _footnote footnote
`;
}

function zsh(places: readonly Place[]): string {
  const item = ({ name, help }: { readonly name: string; readonly help: string }): string =>
    `'${quoted(`${name}:${help.replaceAll(':', String.raw`\:`)}`)}'`;
  const cases = places.map(
    ({ path, commands, options }) =>
      `    "${path}") items=(${[...commands, ...options].map(item).join(' ')}) ;;`,
  );
  return `#compdef footnote
# footnote completion for zsh: save it as _footnote in a folder of $fpath, or source it after compinit
_footnote() {
  local where="" i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
${walk(places, '${words[i]}')}
  done
  case "$where" in
${cases.join('\n')}
  esac
  _describe 'footnote' items || _files
}
compdef _footnote footnote
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const names = path.trim().split(' ');
    const seen =
      path === ''
        ? null
        : names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const others = commands.map(({ name }) => name).join(' ');
    const fresh =
      seen === null
        ? '__fish_use_subcommand'
        : `${seen}; and not __fish_seen_subcommand_from ${others}`;
    return [
      ...commands.map(
        ({ name, help }) => `complete -c footnote -n '${fresh}' -f -a ${name} -d '${quoted(help)}'`,
      ),
      ...options.map(
        ({ name, help }) =>
          `complete -c footnote${seen === null ? '' : ` -n '${seen}'`} -l ${name.slice(2)} -d '${quoted(help)}'`,
      ),
    ];
  });
  return `# footnote completion for fish: save it as ~/.config/fish/completions/footnote.fish\n${lines.join('\n')}\n`;
}

/** For single quotes of all three shells: a quote becomes a typographic one. */
function quoted(text: string): string {
  return text.replaceAll("'", '’');
}
