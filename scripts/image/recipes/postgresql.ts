import type { Recipe } from '../recipe.ts';

const home = 'usr/lib/postgresql/15';
const data = 'var/lib/postgresql/data';

const entrypoint = `#!/bin/sh
# A volume may come with any owner.  /run may be new and empty.
# Without a time zone, initdb compares all there are, a minute by 9p.
set -e
mkdir -p /run/postgresql
chown -R postgres:postgres /run/postgresql /${data}
chmod 700 /${data}
[ -e /${data}/PG_VERSION ] || {
  su postgres -c 'TZ=UTC initdb --no-sync --auth=trust --locale=C --encoding=UTF8'
  echo 'host all all all trust' >>/${data}/pg_hba.conf
}
exec su -c 'exec "$0" "$@"' -- postgres "$@"
`;

export const postgresql: Recipe = {
  packages: [
    'libc6',
    'libcap2',
    'libcom-err2',
    'libcrypt1',
    'libffi8',
    'libgcc-s1',
    'libgcrypt20',
    'libgmp10',
    'libgnutls30',
    'libgpg-error0',
    'libgssapi-krb5-2',
    'libhogweed6',
    'libicu72',
    'libidn2-0',
    'libk5crypto3',
    'libkeyutils1',
    'libkrb5-3',
    'libkrb5support0',
    'libldap-2.5-0',
    'liblz4-1',
    'liblzma5',
    'libnettle8',
    'libp11-kit0',
    'libpam0g',
    'libaudit1',
    'libcap-ng0',
    'libpq5',
    'libreadline8',
    'libsasl2-2',
    'libselinux1',
    'libssl3',
    'libstdc++6',
    'libsystemd0',
    'libtasn1-6',
    'libtinfo6',
    'libunistring2',
    'libuuid1',
    'libxml2',
    'libzstd1',
    'tzdata',
    'zlib1g',
    'postgresql-15',
    'postgresql-client-15',
  ],
  // Compiling queries needs LLVM, which is larger than all the rest.
  removed: [`${home}/lib/bitcode`, `${home}/lib/llvmjit.so`, `${home}/lib/llvmjit_types.bc`],
  users: [{ name: 'postgres', id: 999, home: '/var/lib/postgresql' }],
  directories: [
    { path: 'var/lib/postgresql', owner: 999 },
    { path: data, owner: 999, mode: 0o700 },
    { path: 'run/postgresql', owner: 999 },
  ],
  files: [{ path: 'usr/bin/postgres-entrypoint', text: entrypoint, mode: 0o755 }],
  checks: [
    [`/${home}/bin/postgres`, '--version'],
    [`/${home}/bin/psql`, '--version'],
  ],
  config: {
    Entrypoint: ['postgres-entrypoint'],
    Cmd: ['postgres', '-c', 'listen_addresses=*'],
    Env: [`PATH=/usr/sbin:/usr/bin:/${home}/bin`, `PGDATA=/${data}`],
    ExposedPorts: { '5432/tcp': {} },
    Volumes: { [`/${data}`]: {} },
    StopSignal: 'SIGINT',
  },
};
