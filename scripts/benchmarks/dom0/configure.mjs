// Makes what `runx spec` has written the configuration of a benchmark's container:
// configure.mjs CONFIG GUEST [NETCONF], where GUEST is a shell script.
import { readFileSync, writeFileSync } from 'node:fs';

const [config, guest, netconf] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(config, 'utf8'));
spec.process.terminal = false;
// The text and no file of the rootfs, whose opening would be measured too.
spec.process.args = ['sh', '-c', readFileSync(guest, 'utf8')];
if (netconf) spec.process.env.push(`NETCONF=${netconf}`);
spec.linux.devices = [{ type: 'c', path: '/dev/hvc0', major: 229, minor: 0 }];
writeFileSync(config, JSON.stringify(spec));
