import metadata from '../package.json' with { type: 'json' };
import { ociVersion } from './oci/version.ts';

/** Renders the output of `runx --version`, in the format that engines parse. */
export const renderVersion = (): string => `runx version ${metadata.version}\nspec: ${ociVersion}`;
