import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Path of Debian's `searx-run` (package `searx`), or null where it is not installed. */
export function searxCommand(path: string): string | null {
  const candidates = path.split(delimiter).map((folder) => join(folder, 'searx-run'));
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

/**
 * Starts a searx whose only engine is a JSON engine at `engineUrl`. Debian's package wants the full
 * settings (its own defaults file is not shipped), given by `SEARX_SETTINGS_PATH`.
 */
export async function startSearx(
  command: string,
  engineUrl: string,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'footnote-searx-'));
  const port = await freePort();
  const settings = join(folder, 'settings.yml');
  // JSON is YAML.
  await writeFile(settings, JSON.stringify(settingsFor(port, engineUrl)));
  const child = spawn(command, [], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      PYTHONUNBUFFERED: '1',
      SEARX_SETTINGS_PATH: settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await stop(child);
    await rm(folder, { recursive: true });
  };
  const end = Date.now() + 60_000;
  for (;;) {
    const healthy = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return { url, close };
    if (child.exitCode !== null || Date.now() > end) {
      await close();
      throw new Error(`searx did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function settingsFor(port: number, engineUrl: string): unknown {
  const nowhere = 'http://127.0.0.1';
  return {
    use_default_settings: false,
    general: { debug: false, instance_name: 'footnote', contact_url: false, enable_stats: false },
    brand: Object.fromEntries(
      ['git_url', 'issue_url', 'docs_url', 'public_instances', 'wiki_url', 'twitter_url']
        .map((name) => [name, nowhere])
        .concat([['git_branch', 'master']]),
    ),
    search: {
      safe_search: 0,
      autocomplete: '',
      default_lang: '',
      ban_time_on_fail: 0,
      max_ban_time_on_fail: 0,
      prefer_configured_language: false,
      formats: ['html', 'json'],
    },
    server: {
      port,
      bind_address: '127.0.0.1',
      secret_key: 'for a test on loopback',
      base_url: false,
      image_proxy: false,
      http_protocol_version: '1.0',
      method: 'GET',
      default_http_headers: {},
    },
    ui: {
      static_path: '/usr/share/python3-searx/static',
      templates_path: '/usr/share/python3-searx/templates',
      default_theme: 'oscar',
      default_locale: '',
      theme_args: { oscar_style: 'logicodev' },
    },
    outgoing: { request_timeout: 5, useragent_suffix: '', pool_connections: 5, pool_maxsize: 5 },
    engines: [
      {
        name: 'loopback',
        engine: 'json_engine',
        shortcut: 'lo',
        categories: 'general',
        search_url: `${engineUrl}/find?query={query}`,
        results_query: 'hits',
        url_query: 'address',
        title_query: 'name',
        content_query: 'about',
        enable_http: true,
        timeout: 5,
      },
    ],
    locales: { en: 'English' },
    doi_resolvers: { nowhere },
    default_doi_resolver: 'nowhere',
  };
}
