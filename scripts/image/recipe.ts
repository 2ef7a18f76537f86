/** The part of an OCI image's configuration that says how a container of it is run. */
export interface RunConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

export interface User {
  readonly name: string;
  readonly id: number;
  readonly home: string;
}

export interface Directory {
  readonly path: string;
  /** The id of its user and of its group. */
  readonly owner?: number;
  readonly mode?: number;
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

/**
 * What an image is made of, in this order.  A recipe is data alone: its JSON is part of
 * the cache's key.  Paths are those in the image, without the first slash.
 */
export interface Recipe {
  /** Not what they depend on: a recipe names the libraries that its programs really load. */
  readonly packages: readonly string[];
  /** What the packages bring and the image does not need. */
  readonly removed?: readonly string[];
  readonly users?: readonly User[];
  readonly directories?: readonly Directory[];
  /** Symbolic links: where each is, and what it says. */
  readonly links?: Readonly<Record<string, string>>;
  readonly files?: readonly TextFile[];
  /** Command lines that succeed in the image only if it has all the libraries. */
  readonly checks?: readonly (readonly string[])[];
  readonly config: RunConfig;
}
