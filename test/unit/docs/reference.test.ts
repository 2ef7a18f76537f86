import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import metadata from '../../../package.json' with { type: 'json' };
import { renderCommandPage } from '../../../scripts/reference/command-page.ts';
import { readGrammar } from '../../../scripts/reference/grammar.ts';
import { renderMainPage } from '../../../scripts/reference/main-page.ts';
import { replaceSettings } from '../../../scripts/reference/readme.ts';
import { renderPage } from '../../../scripts/reference/roff.ts';
import { renderSettingsPage } from '../../../scripts/reference/settings-page.ts';
import { renderSettingsFile, settings } from '../../../scripts/reference/settings.ts';
import { defineCommand } from '../../../src/cli/command.ts';
import { globalOptions } from '../../../src/cli/global-options.ts';
import { loadCommands } from '../../../src/cli/commands.ts';
import { loadConfig, parseConfig } from '../../../src/config.ts';
import { assertGolden } from '../../support/golden.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const edition = { version: '1.2.3', date: '2026-01-31' };

const commands = await loadCommands();

describe('man pages', () => {
  test('a command with everything that a page can have', async () => {
    const command = defineCommand({
      command: 'paint <id> [colours..]',
      describe: "paint a container's walls",
      details: [
        'The first paragraph names `--coat`, `C:\\paint`, xl.cfg(5) and 2^8.',
        "'Tis the second; `.5` and `~` are code, don't and re-use are not.",
        '.TH is no request here.',
      ],
      exitCodes: [
        ['0', 'it is dry'],
        ['7', 'it is wet'],
      ],
      positionals: {
        id: { type: 'string', demandOption: true, describe: 'which one' },
        colours: { type: 'string', array: true, describe: 'any number' },
      },
      options: {
        coat: { alias: 'c', type: 'string', default: 'two', describe: 'how many' },
        'with-finish': { choices: ['matt', 'gloss'], describe: 'how it shines' },
        quickly: { type: 'boolean', default: false, describe: '(refused unless warm)' },
        primer: { type: 'boolean', describe: '(ignored)' },
        'paper-size': { type: 'string', describe: '(ignored)' },
      },
      examples: [["runx paint web '#fff'", 'one colour (white)']],
      handler: async () => {},
    });
    await assertGolden('runx-paint.8', renderPage(renderCommandPage(command), edition));
  });

  test('a command with nothing but its name', async () => {
    const command = defineCommand({
      command: 'rest',
      describe: 'do nothing',
      details: [],
      handler: async () => {},
    });
    await assertGolden('runx-rest.8', renderPage(renderCommandPage(command), edition));
  });

  for (const command of commands) {
    const { name, options, examples } = readGrammar(command);
    test(`runx-${name}(8) has all options, arguments and examples of --help`, () => {
      const page = renderPage(renderCommandPage(command), edition).replaceAll(/\\(?=-)/g, '');
      for (const [option] of options) assert.match(page, new RegExp(`fB--${option}\\\\fR`));
      for (const [line] of examples) assert.ok(page.includes(line), line);
      assert.ok(command.details.length > 0, 'and says more than the list of commands does');
    });
  }

  test('runx(8) names every command and every option of all', () => {
    const page = renderPage(renderMainPage(commands, globalOptions), edition);
    for (const { command } of commands) {
      assert.ok(page.includes(`.TP\n\\fBrunx\\-${command.split(' ')[0]}\\fR(8)\n`), command);
    }
    for (const option of Object.keys(globalOptions)) {
      assert.ok(page.includes(`\\fB\\-\\-${option.replaceAll('-', '\\-')}\\fR`), option);
    }
  });

  test('the npm package has the pages of all commands', () => {
    const names = ['runx', ...commands.map(({ command }) => `runx-${command.split(' ')[0]}`)];
    assert.deepEqual(
      metadata.man.toSorted(),
      [
        'build/npm/man/man5/runx.toml.5',
        ...names.map((name) => `build/npm/man/man8/${name}.8`),
      ].toSorted(),
    );
  });

  test('runx.toml(5) has every setting', () => {
    const page = renderPage(renderSettingsPage(), edition);
    for (const { name } of settings) assert.ok(page.includes(`.TP\n\\fB${name}\\fR\n`), name);
  });
});

describe('settings', () => {
  test("the README's table is the schema's: npm run reference writes it", async () => {
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    assert.equal(replaceSettings(readme), readme);
  });

  test('a README without a place for the table is an error', () => {
    assert.throws(() => replaceSettings('# runX\n'), /^Error: README\.md: no <!-- settings: /);
  });

  test('the installed runx.toml changes nothing', async (t) => {
    const file = join(await temporaryDirectory(t), 'runx.toml');
    await writeFile(file, renderSettingsFile());
    assert.deepEqual(await loadConfig(file), parseConfig({}, file));
  });

  test('its lines, taken in, are the defaults, and examples where there is none', async (t) => {
    const file = join(await temporaryDirectory(t), 'runx.toml');
    await writeFile(file, renderSettingsFile().replaceAll(/^#(?! )/gm, ''));
    const { kernel, ramdisk, monitor, ...others } = await loadConfig(file);
    assert.deepEqual(
      [kernel, ramdisk, monitor],
      ['/usr/lib/runx/kernel', '/usr/lib/runx/ramdisk', '/usr/lib/runx/runx-monitor'],
    );
    const {
      kernel: _kernel,
      ramdisk: _ramdisk,
      monitor: _monitor,
      ...defaults
    } = parseConfig({}, file);
    const examples = { memory_max_mib: 1024, vcpus_max: 4, writable_layer_mib: 1024 };
    assert.deepEqual(others, { ...defaults, ...examples });
    assert.equal(settings.length, Object.keys(others).length + 3, 'all are there');
  });
});
