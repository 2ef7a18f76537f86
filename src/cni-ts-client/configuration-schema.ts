import * as v from 'valibot';

import { object, objectMessage } from './document.ts';

const pluginType = v.pipe(
  v.string('expected a string'),
  v.nonEmpty('expected the name of a plugin'),
  v.check((type) => !/[/\\\0]/.test(type), 'must not contain a slash'),
);

/** The configuration of one plugin. */
export const pluginSchema = v.looseObject(
  {
    type: pluginType,
    capabilities: v.exactOptional(
      v.pipe(object, v.record(v.string(), v.boolean('expected true or false'))),
    ),
    ipam: v.exactOptional(
      v.pipe(object, v.looseObject({ type: v.exactOptional(v.string('expected a string')) })),
    ),
  },
  objectMessage,
);

/** One plugin of a network: the keys common to all plugins, and those of the plugin itself. */
export type PluginConfiguration = v.InferOutput<typeof pluginSchema>;

const networkName = v.pipe(
  v.string('expected a string'),
  v.regex(
    /^[A-Za-z0-9][\w.-]*$/,
    'expected letters, digits, ".", "_" and "-", a letter or digit first',
  ),
);

const versionText = v.pipe(
  v.string('expected a version such as 1.0.0'),
  v.regex(/^(?:\d+\.\d+\.\d+)?$/, 'expected a version such as 1.0.0'),
);

// A boolean in the specification; libcni also accepts the strings "true" and "false".
const flag = v.exactOptional(
  v.union(
    [
      v.boolean(),
      v.pipe(
        v.string(),
        v.toLowerCase(),
        v.picklist(['true', 'false']),
        v.transform((word) => word === 'true'),
      ),
    ],
    'expected true or false',
  ),
  false,
);

/** The JSON document of a network configuration. */
export const networkSchema = v.object(
  {
    name: networkName,
    cniVersion: v.exactOptional(versionText),
    cniVersions: v.exactOptional(v.array(versionText, 'expected a list of versions')),
    disableCheck: flag,
    disableGC: flag,
    loadOnlyInlinedPlugins: flag,
    plugins: v.exactOptional(
      v.pipe(
        v.array(pluginSchema, 'expected a list'),
        v.minLength(1, 'expected at least one plugin'),
      ),
    ),
  },
  objectMessage,
);
