/** One plugin of a chain: the keys every plugin shares, and its own. */
export interface PluginConfiguration {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A network configuration list (CNI specification, section 1). */
export interface NetworkConfigurationList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly PluginConfiguration[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlugin = (value: unknown): value is PluginConfiguration =>
  isObject(value) && typeof value['type'] === 'string' && value['type'] !== '';

/**
 * Reads the text of a `.conf` or `.conflist` file; a single plugin becomes a list
 * of one, as libcni does it.  Throws an Error that names `file` and what is wrong.
 */
export const parseNetworkConfiguration = (text: string, file: string): NetworkConfigurationList => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON`, { cause: error });
  }
  if (!isObject(value)) throw new Error(`${file}: expected an object`);
  const { name, cniVersion = '0.1.0', plugins = [value] } = value;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new Error(`${file}: name: expected letters, digits, ".", "_" and "-"`);
  }
  if (typeof cniVersion !== 'string' || !/^\d+\.\d+\.\d+$/.test(cniVersion)) {
    throw new Error(`${file}: cniVersion: expected a version such as 1.0.0`);
  }
  if (!Array.isArray(plugins) || plugins.length === 0 || !plugins.every(isPlugin)) {
    throw new Error(`${file}: plugins: expected a list of objects with a type`);
  }
  return { cniVersion, name, plugins };
};
