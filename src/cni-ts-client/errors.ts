/** Every error of this package; the message is one line. */
export class CniError extends Error {}

/** A network configuration that cannot be read or breaks the specification. */
export class ConfigurationError extends CniError {
  readonly file: string;
  /** Where in the document, such as `plugins.0.type`; undefined for the whole of it. */
  readonly property: string | undefined;

  constructor(file: string, property: string | undefined, what: string, options?: ErrorOptions) {
    super(property === undefined ? `${file}: ${what}` : `${file}: ${property}: ${what}`, options);
    this.file = file;
    this.property = property;
  }
}

/** A directory has no network configuration of this name. */
export class NetworkNotFoundError extends CniError {
  readonly directory: string;
  readonly network: string;

  constructor(directory: string, network: string, anyFiles: boolean) {
    super(
      anyFiles
        ? `no network configuration with name "${network}" in ${directory}`
        : `no network configurations found in ${directory}`,
    );
    this.directory = directory;
    this.network = network;
  }
}

/** What a caller passed cannot be a parameter of a plugin. */
export class ParameterError extends CniError {
  /** As the caller knows it, such as `containerID`. */
  readonly parameter: string;

  constructor(parameter: string, what: string) {
    super(`${parameter}: ${what}`);
    this.parameter = parameter;
  }
}

/** No directory of the path has this plugin. */
export class PluginNotFoundError extends CniError {
  readonly plugin: string;
  readonly path: readonly string[];

  constructor(plugin: string, path: readonly string[]) {
    super(`plugin ${plugin} not found in ${path.join(':')}`);
    this.plugin = plugin;
    this.path = path;
  }
}

/** A result cannot be said in the version that is wanted, or its version is unknown. */
export class ConversionError extends CniError {}

/** The cached result of an attachment is missing, damaged or cannot be saved. */
export class CacheError extends CniError {}

/** The network or a plugin of it does not support what was asked. */
export class UnsupportedError extends CniError {}

/** Several things failed, and what could be done without them was done. */
export class CniErrors extends CniError {
  readonly errors: readonly CniError[];

  constructor(errors: readonly CniError[]) {
    super(errors.map((error) => error.message).join('; '));
    this.errors = errors;
  }
}

/** The error codes that the specification reserves (section 5, Error). */
export const errorCodes = {
  incompatibleCNIVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironmentVariables: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidNetworkConfig: 7,
  tryAgainLater: 11,
  pluginNotAvailable: 50,
  limitedConnectivity: 51,
} as const;
