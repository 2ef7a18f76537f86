// Writes what is made of the commands and of the configuration's schema:
//   reference.ts man DIRECTORY [YYYY-MM-DD]   the man pages
//   reference.ts toml FILE                    runx.toml as it is installed
//   reference.ts readme                       the table of settings in README.md
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import metadata from '../package.json' with { type: 'json' };
import { globalOptions } from '../src/cli/global-options.ts';
import { loadCommands } from '../src/cli/commands.ts';
import { renderCommandPage } from './reference/command-page.ts';
import { renderMainPage } from './reference/main-page.ts';
import { renderPage } from './reference/roff.ts';
import { renderSettingsPage } from './reference/settings-page.ts';
import { renderSettingsFile } from './reference/settings.ts';
import { replaceSettings } from './reference/readme.ts';

const [what, target = '', date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2);

const writeManPages = async (directory: string): Promise<void> => {
  const commands = await loadCommands();
  const edition = { version: metadata.version, date };
  const pages = [
    renderMainPage(commands, globalOptions),
    ...commands.map(renderCommandPage),
    renderSettingsPage(),
  ];
  for (const page of pages) {
    const file = join(directory, `man${page.section}`, `${page.name}.${page.section}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, renderPage(page, edition));
  }
};

if (what === 'man' && target !== '') await writeManPages(target);
else if (what === 'toml' && target !== '') writeFileSync(target, renderSettingsFile());
else if (what === 'readme') {
  const readme = fileURLToPath(new URL('../README.md', import.meta.url));
  writeFileSync(readme, replaceSettings(readFileSync(readme, 'utf8')));
} else throw new Error('usage: reference.ts man DIRECTORY [DATE] | toml FILE | readme');
