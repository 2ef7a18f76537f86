import type { Recipe } from '../recipe.ts';

const home = 'usr/local/apache2';

const configuration = `ServerRoot /${home}
ServerName localhost
Listen 80
User www-data
Group www-data
PidFile /run/httpd.pid
ErrorLog /proc/self/fd/2
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule dir_module modules/mod_dir.so
StartServers 1
DocumentRoot /${home}/htdocs
DirectoryIndex index.html
`;

const foreground = `#!/bin/sh
rm -f /run/httpd.pid # a restarted container still has it
# By its path: the shell is busybox, whose own httpd would go first.
exec /usr/sbin/httpd -f /${home}/conf/httpd.conf -D FOREGROUND
`;

export const httpd: Recipe = {
  packages: [
    'libc6',
    // httpd loads libgcc when a thread ends.
    'libgcc-s1',
    'libapr1',
    'libaprutil1',
    'libcrypt1',
    'libexpat1',
    'libpcre2-8-0',
    'libuuid1',
    'apache2-bin',
  ],
  users: [{ name: 'www-data', id: 33, home: '/var/www' }],
  directories: [{ path: `${home}/logs` }],
  links: {
    [`${home}/modules`]: '../../lib/apache2/modules',
    'usr/sbin/httpd': 'apache2',
  },
  files: [
    {
      path: `${home}/htdocs/index.html`,
      text: '<html><body><h1>It works!</h1></body></html>\n',
    },
    { path: `${home}/conf/httpd.conf`, text: configuration },
    { path: 'usr/bin/httpd-foreground', text: foreground, mode: 0o755 },
  ],
  checks: [['httpd', '-t', '-f', `/${home}/conf/httpd.conf`]],
  config: {
    Cmd: ['httpd-foreground'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGWINCH',
    WorkingDir: `/${home}`,
  },
};
