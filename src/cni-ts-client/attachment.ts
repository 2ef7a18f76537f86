import type { JsonObject } from './document.ts';
import { ParameterError } from './errors.ts';

/** The parameters of one attachment; RuntimeConf of libcni. */
export interface RuntimeConf {
  /** CNI_CONTAINERID. */
  readonly containerID: string;
  /** CNI_NETNS: a path, such as /run/netns/blue; required for ADD and CHECK. */
  readonly netNS?: string | undefined;
  /** CNI_IFNAME: the name of the interface inside the container. */
  readonly ifName: string;
  /** CNI_ARGS: keys and values, in order. */
  readonly args?: readonly (readonly [key: string, value: string])[] | undefined;
  /** Arguments by capability; a plugin gets those of the capabilities that it declares. */
  readonly capabilityArgs?: JsonObject | undefined;
  /** The member `args.cni` of every plugin's configuration (CONVENTIONS.md, "args"). */
  readonly cniArgs?: JsonObject | undefined;
}

/** The name of an attachment for GC. */
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
      throw new ParameterError('args', `${pair} cannot be written in CNI_ARGS`);
    }
  }
};

/** Throws a ParameterError if the parameters are not valid. */
export const checkRuntimeConf = (conf: RuntimeConf): void => {
  checkContainerID(conf.containerID);
  checkIfName(conf.ifName);
  checkArgs(conf.args);
  if (conf.netNS?.includes('\0')) throw new ParameterError('netNS', 'expected a path');
};

/** Throws a ParameterError if the parameters are not valid or have no network namespace. */
export const checkRuntimeConfWithNetNS = (conf: RuntimeConf): void => {
  checkRuntimeConf(conf);
  if (conf.netNS === undefined || conf.netNS === '') {
    throw new ParameterError('netNS', 'expected a path');
  }
};
