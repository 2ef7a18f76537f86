import { promises as fs } from 'node:fs';
import { join } from 'node:path';

import { RunxError, hasCode, messageOf } from '../errors.ts';
import { bundleOption } from './bundle-options.ts';
import { defineCommand } from './command.ts';

export const specCommand = defineCommand({
  command: 'spec',
  describe: 'write a config.json that can be run unchanged',
  details: [
    'The `config.json` runs a shell on a terminal, with the directory `rootfs` of the bundle as the root file system. An existing `config.json` is not overwritten.',
  ],
  options: { bundle: bundleOption },
  handler: async (args) => {
    const { defaultSpec } = await import('../oci/default-spec.ts');
    const file = join(args.bundle, 'config.json');
    try {
      await fs.writeFile(file, `${JSON.stringify(defaultSpec, null, 2)}\n`, { flag: 'wx' });
    } catch (error) {
      if (hasCode(error, 'EEXIST')) {
        throw new RunxError(`${file} exists: remove it first`);
      }
      throw new RunxError(`${file}: ${messageOf(error)}`);
    }
  },
});
