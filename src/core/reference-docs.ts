/** The reference of options and error codes, written from the tables that the program itself uses. */
import { CONFIG_FIELDS, loadConfig } from './config.ts';
import { ERROR_TABLE } from './errors.ts';

/** Markdown of `src/core/README.md`; `npm run docs` writes it, a test keeps it equal. */
export function referenceMarkdown(): string {
  const home = '~';
  const defaults = loadConfig({
    environment: { HOME: home, XDG_CONFIG_HOME: '/nonexistent', XDG_CACHE_HOME: '~/.cache' },
  });
  const flag = (name: string): string =>
    `--${name.replace(/[A-Z]/gu, (upper) => `-${upper.toLowerCase()}`)}`;
  const options = Object.entries(CONFIG_FIELDS).map(([name, { env, help }]) => {
    const value = defaults[name as keyof typeof CONFIG_FIELDS];
    const shown = value === undefined || String(value) === '' ? '' : `\`${String(value)}\``;
    return `| \`${env}\` | \`${flag(name)}\` | \`${name}\` | ${shown} | ${help} |`;
  });
  const codes = Object.entries(ERROR_TABLE).map(
    ([code, { status, action, title }]) => `| \`${code}\` | ${status} | ${action} | ${title} |`,
  );
  return `# Reference

Written by \`npm run docs\` from \`config.ts\` and \`errors.ts\`; do not edit.

## Options

Later wins: defaults, config file (\`~/.config/footnote/config.json\`), environment, flags.

| environment | flag | config file | default | meaning |
|---|---|---|---|---|
${options.join('\n')}

## Error codes

What the caller does: \`retry\` later, \`skip\` the page or provider (the answer goes on and \`warnings\` name it),
\`fail\` the request (change it), \`stop\` the process (mend its configuration).

| code | HTTP status | what to do | meaning |
|---|---|---|---|
${codes.join('\n')}
`;
}
