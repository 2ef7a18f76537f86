// Writes src/guest/seccomp/syscalls.json, the numbers of system calls, from the
// sources of the guest kernel: syscalls.ts LINUX-SOURCE-DIRECTORY
//
//   dpkg-deb -x ~/.cache/runx/kernel/source/linux-source-*.deb /tmp/linux
//   tar -C /tmp/linux -xf /tmp/linux/usr/src/linux-source-*.tar.xz
//   node --import tsx scripts/syscalls.ts /tmp/linux/linux-source-*
//   node_modules/.bin/oxfmt src/guest/seccomp/syscalls.json
//
// It needs gcc's preprocessor, for arm64, whose table is a header.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: syscalls.ts LINUX-SOURCE-DIRECTORY');

type Table = ReadonlyMap<string, number>;

// Lines "NUMBER ABI NAME ENTRY...".
const parseTable = (file: string, abis: readonly string[]): Table => {
  const rows = readFileSync(join(source, file), 'utf8').matchAll(/^(\d+)\s+(\w+)\s+(\w+)/gm);
  return new Map(
    [...rows]
      .filter(([, , abi = '']) => abis.includes(abi))
      .map(([, number, , name = '']) => [name, Number(number)]),
  );
};

const parseHeader = (file: string, include: readonly string[]): Table => {
  const directories = include.map((directory) => `-I${join(source, directory)}`);
  const args = ['-E', '-dM', '-nostdinc', ...directories, join(source, file)];
  const text = execFileSync('gcc', args, { encoding: 'utf8' });
  const macros = new Map(
    [...text.matchAll(/^#define (__NR\w+) (\w+)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
  const numberOf = (value: string): number => {
    const next = macros.get(value);
    return next === undefined ? Number(value) : numberOf(next);
  };
  const table = new Map<string, number>();
  for (const [macro, value] of macros) {
    const name = /^__NR_(\w+)$/.exec(macro)?.[1];
    if (name === undefined || /^(syscalls|arch_specific_syscall)$/.test(name)) continue;
    const number = numberOf(value);
    if (Number.isInteger(number)) table.set(name, number);
  }
  return table;
};

// What arm has beside its table: aliases, and calls in a range of their own.
const parseArmHeader = (file: string, table: Table): Table => {
  const text = readFileSync(join(source, file), 'utf8');
  const extra = new Map<string, number>();
  for (const [, name = '', alias = ''] of text.matchAll(/^#define __NR_(\w+)\s+__NR_(\w+)$/gm)) {
    const number = table.get(alias);
    if (number !== undefined) extra.set(name, number);
  }
  for (const [, name = '', offset] of text.matchAll(
    /^#define __ARM_NR_(\w+)\s+\(__ARM_NR_BASE\+(\d)\)$/gm,
  )) {
    extra.set(name, 0x0f_0000 + Number(offset));
  }
  return extra;
};

const x86 = 'arch/x86/entry/syscalls';
const armTable = parseTable('arch/arm/tools/syscall.tbl', ['common', 'eabi']);
const tables = {
  x86_64: parseTable(`${x86}/syscall_64.tbl`, ['common', '64']),
  // Without the bit that marks them all.
  x32: parseTable(`${x86}/syscall_64.tbl`, ['common', 'x32']),
  i386: parseTable(`${x86}/syscall_32.tbl`, ['i386']),
  aarch64: parseHeader('arch/arm64/include/uapi/asm/unistd.h', [
    'arch/arm64/include/uapi',
    'include/uapi',
  ]),
  arm: new Map([...armTable, ...parseArmHeader('arch/arm/include/uapi/asm/unistd.h', armTable)]),
};

const names = [...new Set(Object.values(tables).flatMap((table) => [...table.keys()]))].toSorted();
const document = {
  columns: Object.keys(tables),
  // Since Linux 5.1 a new call has the same number everywhere.
  newest: Math.max(...tables.x86_64.values()),
  numbers: Object.fromEntries(
    names.map((name) => [
      name,
      Object.values(tables)
        .map((table) => table.get(name) ?? '-')
        .join(' '),
    ]),
  ),
};
const output = new URL('../src/guest/seccomp/syscalls.json', import.meta.url);
writeFileSync(output, `${JSON.stringify(document, null, 2)}\n`);
