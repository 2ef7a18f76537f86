import metadata from '../package.json' with { type: 'json' };
import { ociVersion } from './oci/version.ts';

/** What `runx --version` prints, in the shape that engines parse. */
export const renderVersion = (): string => `runx version ${metadata.version}\nspec: ${ociVersion}`;
