import type { Recipe } from '../recipe.ts';

export const python: Recipe = {
  packages: [
    'libc6',
    'libbz2-1.0',
    'libcrypt1',
    'libexpat1',
    'libffi8',
    'liblzma5',
    'libssl3',
    'libuuid1',
    'zlib1g',
    'libpython3.11-minimal',
    'libpython3.11-stdlib',
    'python3.11-minimal',
  ],
  links: {
    'usr/bin/python3': 'python3.11',
    'usr/bin/python': 'python3.11',
  },
  checks: [['python3', '-B', '-c', 'import http.server, hashlib, json, socket, ssl, subprocess']],
  config: { Cmd: ['python3'] },
};
