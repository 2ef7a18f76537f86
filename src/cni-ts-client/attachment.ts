import type { JsonObject } from './document.ts';
import { ParameterError } from './errors.ts';

/** What a runtime says about one attachment: libcni's RuntimeConf. */
export interface RuntimeConf {
  /** CNI_CONTAINERID. */
  readonly containerID: string;
  /** CNI_NETNS: a path such as /run/netns/blue; ADD and CHECK need it. */
  readonly netNS?: string | undefined;
  /** CNI_IFNAME: the interface's name inside the container. */
  readonly ifName: string;
  /** CNI_ARGS, in this order. */
  readonly args?: readonly (readonly [key: string, value: string])[] | undefined;
  /** By capability; a plugin sees those that its configuration declares. */
  readonly capabilityArgs?: JsonObject | undefined;
  /** Put into every plugin's configuration as `args.cni` (CONVENTIONS.md, "args"). */
  readonly cniArgs?: JsonObject | undefined;
}

/** An attachment as GC names it. */
export interface GCAttachment {
  readonly containerID: string;
  readonly ifname: string;
}

const checkContainerID = (containerID: string): void => {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(containerID)) {
    throw new ParameterError(
      'containerID',
      `expected letters, digits, ".", "_" and "-", a letter or digit first, not ${JSON.stringify(containerID)}`,
    );
  }
};

const maximumIfName = 15;

const checkIfName = (ifName: string): void => {
  const fits = Buffer.byteLength(ifName) <= maximumIfName;
  if (!fits || !/^[^/:\s\0]+$/.test(ifName) || ifName === '.' || ifName === '..') {
    throw new ParameterError(
      'ifName',
      `expected an interface's name of at most ${maximumIfName} bytes, not ${JSON.stringify(ifName)}`,
    );
  }
};

const checkArgs = (args: RuntimeConf['args']): void => {
  for (const [key, value] of args ?? []) {
    if (!/^[^=;\0]+$/.test(key) || /[;\0]/.test(value)) {
      const pair = JSON.stringify(`${key}=${value}`);
      throw new ParameterError('args', `${pair} cannot be said in CNI_ARGS`);
    }
  }
};

/** Throws a ParameterError unless plugins can be called with this. */
export const checkRuntimeConf = (conf: RuntimeConf): void => {
  checkContainerID(conf.containerID);
  checkIfName(conf.ifName);
  checkArgs(conf.args);
  if (conf.netNS?.includes('\0')) throw new ParameterError('netNS', 'expected a path');
};

/** The same, and the network namespace is there. */
export const checkRuntimeConfWithNetNS = (conf: RuntimeConf): void => {
  checkRuntimeConf(conf);
  if (conf.netNS === undefined || conf.netNS === '') {
    throw new ParameterError('netNS', 'expected a path');
  }
};
