import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { chooseDevice, cudaState } from './cuda-provider.ts';

const machine = (platform: string, files: readonly string[]) => ({
  platform,
  arch: 'x64',
  exists: (path: string) => files.some((file) => path.replaceAll('\\', '/').endsWith(file)),
});
const LINUX = 'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';
const WINDOWS = 'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime_providers_cuda.dll';

describe('cudaState', () => {
  it.each([
    ['linux', [], false, false],
    ['linux', [LINUX], true, false],
    ['linux', ['/proc/driver/nvidia/version'], false, true],
    ['linux', [LINUX, '/dev/nvidiactl'], true, true],
    ['win32', [WINDOWS], true, true],
    ['win32', [LINUX], false, true],
  ] as const)('on %s with %j: installed %s, driver %s', (platform, files, installed, driver) => {
    expect(cudaState(machine(platform, files))).toEqual({ installed, driver });
  });

  it('looks in the folder in which onnxruntime has its libraries', () => {
    const asked: string[] = [];
    const { platform, arch } = process;
    cudaState({ platform, arch, exists: (path) => asked.push(path) === 0 });
    const folder = dirname(asked[0] ?? '');
    expect(folder.startsWith(join(packageRoot, 'node_modules'))).toBe(true);
    expect(existsSync(join(folder, 'onnxruntime_binding.node'))).toBe(true);
  });
});

describe('chooseDevice', () => {
  it.each([
    ['auto', true, true, 'cuda'],
    ['auto', true, false, 'cpu'],
    ['auto', false, true, 'cpu'],
    ['auto', false, false, 'cpu'],
    ['cuda', false, false, 'cuda'],
    ['cpu', true, true, 'cpu'],
  ] as const)('%s with provider %s and driver %s is %s', (wanted, installed, driver, device) => {
    expect(chooseDevice(wanted, { installed, driver })).toBe(device);
  });
});
