import { renderSettingsTable } from './settings.ts';

const begin = '<!-- settings: written by npm run reference -->\n';
const end = '<!-- end of settings -->';

/** The README with its table of settings as the schema has them. */
export const replaceSettings = (readme: string): string => {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`README.md: no ${begin.trim()} ... ${end}`);
  return `${readme.slice(0, from)}${begin}\n${renderSettingsTable()}\n${readme.slice(to)}`;
};
