/** Matches the names of the bridges that runx makes. */
export const bridgePattern = /^runx\d+$/;

/** Whether an interface is a vif, which is not an interface of the container. */
export const isVif = (interfaceName: string): boolean => /^vif\d+\.\d+$/.test(interfaceName);
