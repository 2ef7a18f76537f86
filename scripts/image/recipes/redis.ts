import type { Recipe } from '../recipe.ts';

const entrypoint = `#!/bin/sh
# A volume may come with any owner.
chown -R redis:redis /data
exec su -c 'exec "$0" "$@"' -- redis "$@"
`;

export const redis: Recipe = {
  packages: [
    'libc6',
    'libatomic1',
    'libcap2',
    'libgcrypt20',
    'libgpg-error0',
    'libjemalloc2',
    'liblz4-1',
    'liblzf1',
    'liblzma5',
    'libssl3',
    'libsystemd0',
    'libstdc++6',
    'libgcc-s1',
    'libzstd1',
    'redis-tools',
    'redis-server',
  ],
  removed: ['etc/redis'],
  users: [{ name: 'redis', id: 999, home: '/data' }],
  directories: [{ path: 'data', owner: 999 }],
  files: [{ path: 'usr/bin/redis-entrypoint', text: entrypoint, mode: 0o755 }],
  checks: [['redis-server', '--version']],
  config: {
    Entrypoint: ['redis-entrypoint'],
    Cmd: ['redis-server', '--dir', '/data', '--protected-mode', 'no'],
    ExposedPorts: { '6379/tcp': {} },
    Volumes: { '/data': {} },
    WorkingDir: '/data',
  },
};
