import { type Page, bold, item, paragraph, prose } from './roff.ts';
import { type Setting, settings } from './settings.ts';

const describe = ({ meaning, choices, defaultValue, example, isList }: Setting): string => {
  const words = choices.map((choice) => `\`${isList ? choice : `"${choice}"`}\``).join(', ');
  return [
    `${meaning}.`,
    ...(choices.length > 0 ? [`${isList ? 'Any of' : 'One of'}: ${words}.`] : []),
    defaultValue === undefined
      ? `There is no default; an example is \`${example}\`.`
      : `The default is \`${defaultValue}\`.`,
  ].join(' ');
};

/** The page of the configuration file. */
export const renderSettingsPage = (): Page => ({
  name: 'runx.toml',
  section: 5,
  summary: 'configuration of runx',
  sections: [
    [
      'DESCRIPTION',
      [
        '`/etc/runx/runx.toml`, or the file that is named by `--config`, is in TOML: lines of the form `key = value`. The default file may be missing, and so may every key. An unknown key is an error. All paths are absolute.',
        'The defaults of `kernel`, `ramdisk` and `monitor` are the files beside the program, wherever it is installed.',
      ].map(paragraph),
    ],
    ['SETTINGS', settings.map((setting) => item(bold(setting.name), describe(setting)))],
    ['FILES', [prose('`/etc/runx/runx.toml`')]],
    ['SEE ALSO', [prose('runx(8), xl.cfg(5)')]],
  ],
});
