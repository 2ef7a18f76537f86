import { defineCommand } from './command.ts';
import { print } from './print.ts';

export const featuresCommand = defineCommand({
  command: 'features',
  describe: 'print what runx supports as JSON',
  details: ['The output is a Features document of the OCI runtime specification.'],
  handler: async () => {
    const { features } = await import('../oci/features.ts');
    await print(`${JSON.stringify(features, null, 2)}\n`);
  },
});
