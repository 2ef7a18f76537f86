import type { Recipe } from '../recipe.ts';

const configuration = `user www-data;
pid /run/nginx.pid;
error_log stderr;
events {}
http {
  access_log /proc/self/fd/1;
  server {
    listen 80;
    root /usr/share/nginx/html;
  }
}
`;

export const nginx: Recipe = {
  packages: ['libc6', 'libcrypt1', 'libpcre2-8-0', 'libssl3', 'zlib1g', 'nginx'],
  users: [{ name: 'www-data', id: 33, home: '/var/www' }],
  directories: [{ path: 'var/lib/nginx' }, { path: 'var/log/nginx' }],
  files: [
    {
      path: 'usr/share/nginx/html/index.html',
      text: '<html><body><h1>Welcome to nginx!</h1></body></html>\n',
    },
    { path: 'etc/nginx/nginx.conf', text: configuration },
  ],
  checks: [['nginx', '-t']],
  config: {
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
};
