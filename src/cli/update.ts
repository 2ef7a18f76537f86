import { promises as fs } from 'node:fs';
import { text } from 'node:stream/consumers';

import { RunxError, messageOf } from '../errors.ts';
import { defineCommand, openContext } from './command.ts';
import { resourceOptions } from './resource-options.ts';

export const updateCommand = defineCommand({
  command: 'update <id>',
  describe: 'change the limits of a container',
  details: [
    "To lower the memory limit, the guest gives memory back. The CPU quota and shares set the scheduler's cap and weight, and the CPUs set the affinity of the virtual CPUs. The changes last as long as the domain. The settings `memory_max_mib` and `vcpus_max` of runx.toml(5) limit how far a domain can grow after it was created.",
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: {
    resources: {
      alias: 'r',
      type: 'string',
      requiresArg: true,
      describe:
        'file with linux.resources as JSON, - for standard input; other options are ignored',
    },
    ...resourceOptions,
  },
  examples: [['runx update --memory 512m --cpu-quota 50000 web', 'limit web to half a CPU']],
  handler: async (args) => {
    const { updateContainer } = await import('../container/update.ts');
    const { parseLimits } = await import('../oci/resources.ts');
    const { parseResourceOptions, parseResources } = await import('./resource-options.ts');
    const context = await openContext(args);
    const where = args.resources === undefined ? 'resources' : `--resources ${args.resources}`;
    const resources =
      args.resources === undefined
        ? parseResourceOptions(args)
        : parseResources(await readResources(args.resources), where);
    await updateContainer(context, args.id, parseLimits(resources, where));
  },
});

const readResources = async (file: string): Promise<string> => {
  try {
    return await (file === '-' ? text(process.stdin) : fs.readFile(file, 'utf8'));
  } catch (error) {
    throw new RunxError(`--resources ${file}: ${messageOf(error)}`);
  }
};
