/** The base class of all errors of this package; the message is one line. */
export class CniError extends Error {}

/** A network configuration cannot be read or violates the specification. */
export class ConfigurationError extends CniError {
  readonly file: string;
  /** The property, such as `plugins.0.type`; undefined for the whole document. */
  readonly property: string | undefined;

  constructor(file: string, property: string | undefined, what: string, options?: ErrorOptions) {
    super(property === undefined ? `${file}: ${what}` : `${file}: ${property}: ${what}`, options);
    this.file = file;
    this.property = property;
  }
}

/** A directory has no network configuration with this name. */
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

/** A parameter from the caller is not valid. */
export class ParameterError extends CniError {
  /** The name of the parameter, such as `containerID`. */
  readonly parameter: string;

  constructor(parameter: string, what: string) {
    super(`${parameter}: ${what}`);
    this.parameter = parameter;
  }
}

/** The plugin is in no directory of the path. */
export class PluginNotFoundError extends CniError {
  readonly plugin: string;
  readonly path: readonly string[];

  constructor(plugin: string, path: readonly string[]) {
    super(`plugin ${plugin} not found in ${path.join(':')}`);
    this.plugin = plugin;
    this.path = path;
  }
}

/** A result is not valid, has an unknown version, or cannot be converted to the wanted version. */
export class ConversionError extends CniError {}

/** The cached result of an attachment is missing, damaged or cannot be saved. */
export class CacheError extends CniError {}

/** The network or one of its plugins does not support the operation. */
export class UnsupportedError extends CniError {}

/** Several steps failed; the other steps were done. */
export class CniErrors extends CniError {
  readonly errors: readonly CniError[];

  constructor(errors: readonly CniError[]) {
    super(errors.map((error) => error.message).join('; '));
    this.errors = errors;
  }
}

/** The error codes reserved by the specification (section 5, Error). */
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
