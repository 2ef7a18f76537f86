import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
export const layer = join(checkout, 'examples/yocto/meta-runx');

/** A file of BitBake's, as far as this layer's are written: no overrides are resolved. */
export interface Recipe {
  readonly text: string;
  /** By name, overrides and flags included, joined by spaces where appended to. */
  readonly variables: ReadonlyMap<string, string>;
  /** The bodies of shell functions. */
  readonly functions: ReadonlyMap<string, string>;
}

/** Reads a recipe, class or configuration of the layer. */
export const loadRecipe = async (path: string): Promise<Recipe> => {
  const text = await readFile(join(layer, path), 'utf8');
  const functions = new Map(
    [...text.matchAll(/^([\w:]+)\(\) \{\n([\s\S]*?)^\}$/gm)].map(([, name = '', body = '']) => [
      name,
      body,
    ]),
  );
  const variables = new Map<string, string>();
  const [, version] = /_([^_]*)\.bb$/.exec(basename(path)) ?? [];
  if (version !== undefined) variables.set('PV', version);
  const assignment = /^(?:export )?([\w:${}[\].-]+) *(\?=|:=|\+=|=) *"((?:\\\n|[^"\n])*)"$/gm;
  for (const [, name = '', operator, value = ''] of text.matchAll(assignment)) {
    const before = operator === '+=' ? (variables.get(name) ?? '') : '';
    variables.set(name, `${before} ${value.replaceAll('\\\n', ' ')}`.trim());
  }
  return { text, variables, functions };
};

/** The words of a variable of a recipe. */
export const wordsOf = (recipe: Recipe, name: string): readonly string[] =>
  (recipe.variables.get(name) ?? '').split(/\s+/).filter(Boolean);

/** Puts in values; what has none stays as it is. */
export const expand = (text: string, values: Readonly<Record<string, string>>): string => {
  const expanded = text.replaceAll(
    /\$\{([\w-]+)\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
  return expanded === text ? text : expand(expanded, values);
};
