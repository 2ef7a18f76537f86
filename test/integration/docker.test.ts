import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import { dockerWords, restartDocker, startDocker, stopDocker } from '../support/docker.ts';
import { inDom0, leftovers } from '../support/dom0.ts';
import { testCommandLine } from '../support/engine-cli.ts';
import { image, longEngineTest } from '../support/engines.ts';

before(startDocker);

after(stopDocker);

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

testCommandLine({ name: 'docker', words: dockerWords });

/** Runs a script in the Dom0, with docker as a function; what it prints. */
const script = async (body: string): Promise<string> => {
  const docker = `docker() { command ${dockerWords.join(' ')} "$@"; }
    run() { docker run --detach --runtime runx --network none "$@" > /dev/null; }`;
  const { stdout, stderr } = await inDom0(`${docker}\n${body}`, [image]);
  return stdout.toString() + stderr;
};

longEngineTest('cp, out of a running container and into it', 'docker', async () => {
  const seen = await script(
    `run --name copies "$1" sh -c 'echo from the container > /made; echo ready; sleep 600'
     until docker logs copies | grep -q ready; do sleep 0.2; done
     docker cp copies:/made - | tar -xOf -
     echo from the host > /tmp/given; docker cp /tmp/given copies:/given; rm /tmp/given
     docker exec copies cat /given
     docker rm --force copies > /dev/null`,
  );
  assert.equal(seen, 'from the container\nfrom the host\n');
});

longEngineTest('a restart policy', 'docker', async () => {
  const seen = await script(
    `run --name again --restart on-failure:2 "$1" sh -c 'echo started; exit 3'
     inspect() { docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}' again; }
     deadline=$((SECONDS + 200))
     until [ "$(inspect)" = 'exited 2 3' ] || [ $SECONDS -gt $deadline ]; do sleep 0.5; done
     inspect; docker logs again; docker rm again > /dev/null`,
  );
  assert.equal(seen, 'exited 2 3\nstarted\nstarted\nstarted\n');
});

longEngineTest('the daemon is restarted below the container', 'docker', async () => {
  const started = await script(
    `run --name lives "$1" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
     until docker logs lives | grep -q ready; do sleep 0.2; done`,
  );
  assert.equal(started, '');
  await restartDocker();
  const seen = await script(
    `docker inspect --format '{{.State.Status}}' lives; docker exec lives echo here
     docker stop --time 60 lives; docker wait lives; docker rm lives > /dev/null`,
  );
  assert.equal(seen, 'running\nhere\nlives\n5\n');
});
