/** Whether onnxruntime's CUDA provider is available here. Only files are looked at: nothing is loaded. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.ts';

export const cudaInstallCommand =
  'node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12';

export interface CudaState {
  /** The provider's library is in onnxruntime's folder. */
  readonly installed: boolean;
  /** The NVIDIA driver runs; assumed where there is no way to see it. */
  readonly driver: boolean;
}

/** Where the state is looked up; tests give a machine of their own. */
interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly exists: (path: string) => boolean;
}

const here: Machine = { platform: process.platform, arch: process.arch, exists: existsSync };

export function cudaState({ platform, arch, exists }: Machine = here): CudaState {
  const library =
    platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return {
    installed: exists(
      join(packageRoot, 'node_modules/onnxruntime-node/bin/napi-v6', platform, arch, library),
    ),
    driver:
      platform !== 'linux' || exists('/proc/driver/nvidia/version') || exists('/dev/nvidiactl'),
  };
}

/** The device to compute on: `auto` is CUDA where its provider and a driver are there. */
export function chooseDevice(wanted: 'auto' | 'cpu' | 'cuda', state = cudaState()): 'cpu' | 'cuda' {
  if (wanted !== 'auto') return wanted;
  return state.installed && state.driver ? 'cuda' : 'cpu';
}
