import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const skipped = new Set(['node_modules', '.git', 'build']);

const findDocuments = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : findDocuments(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });

/** The text without code, in which nothing is a link or a heading. */
const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^( *)(```+|~~~+)[^]*?^\1\2 *$/gm, '');

const headingsOf = (markdown: string): readonly (readonly [level: number, text: string])[] =>
  [...withoutCode(markdown).matchAll(/^(#+) +(.+?) *$/gm)].map(
    ([, marks = '', text = '']) => [marks.length, text] as const,
  );

/** A heading's anchor, as code hosts make it. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (markdown: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const [, heading] of headingsOf(markdown)) {
    const anchor = anchorOf(heading);
    const copies = [...anchors].filter((other) => other.replace(/-\d+$/, '') === anchor).length;
    anchors.add(copies === 0 ? anchor : `${anchor}-${copies}`);
  }
  return anchors;
};

const linksOf = (markdown: string): readonly string[] =>
  [
    ...withoutCode(markdown)
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target = '']) => target);

/** What is wrong with a link of `document`; undefined when it leads somewhere. */
const problemOf = (document: string, markdown: string, target: string): string | undefined => {
  if (/^[a-z]+:/.test(target)) return URL.canParse(target) ? undefined : 'no URL';
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : join(dirname(document), path);
  if (file !== document && !existsSync(file)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md')) return 'an anchor in what is no document';
  const text = file === document ? markdown : readFileSync(file, 'utf8');
  return anchorsOf(text).has(anchor) ? undefined : 'no such heading';
};

const problemsOf = (document: string, markdown: string): readonly string[] =>
  linksOf(markdown).flatMap((target) => {
    const problem = problemOf(document, markdown, target);
    return problem === undefined ? [] : [`${target}: ${problem}`];
  });

describe('links', () => {
  for (const document of findDocuments(checkout)) {
    test(`${relative(checkout, document)} links to what is there`, () => {
      assert.deepEqual(problemsOf(document, readFileSync(document, 'utf8')), []);
    });
  }

  test('what leads nowhere is found', () => {
    const markdown = [
      '# A `b` (c), d',
      '## Twice',
      '## Twice',
      '[a](#a-b-c-d) [b](#twice-1) [c](#twice-2) [d](none.md) [e](package.json#a) `[f](f)`',
      '```text',
      '# Code',
      '[g](g)',
      '```',
      '[h](#code) [i](README.md#configuration) [j](README.md#none) [k](https://)',
    ].join('\n');
    assert.deepEqual(problemsOf(join(checkout, 'made-up.md'), markdown), [
      '#twice-2: no such heading',
      'none.md: no such file',
      'package.json#a: an anchor in what is no document',
      '#code: no such heading',
      'README.md#none: no such heading',
      'https://: no URL',
    ]);
  });

  test("the README's table of contents is its headings, in their order", () => {
    const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
    const entries = [...readme.matchAll(/^- \[(.+)\]\(#(.+)\)$/gm)].map(([, text, anchor]) => [
      text,
      anchor,
    ]);
    const headings = headingsOf(readme)
      .filter(([level]) => level === 2)
      .map(([, text]) => [text, anchorOf(text)]);
    assert.deepEqual(entries, headings);
  });
});
