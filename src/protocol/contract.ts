// What of paths.h and limits.h runx itself needs; a test compares each with the headers.

/** The slot of a container that is alone in its domain. */
export const firstSlot = 1;

/** Where the ramdisk has the record of the container in a slot. */
export const recordPath = (slot: number): string => `/runx/containers/${slot}`;

/** Where Dom0's 9P server has what it exports, by tag. */
export const exportsDirectory = '/export';

/** Where the guest mounts shares while it takes sources of bind mounts from them, by tag. */
export const sharesDirectory = '/runx/shares';

/** Where the ramdisk has copies of files that are bound. */
export const filesDirectory = '/runx/files';

/** What the tag of a container's rootfs is called. */
export const rootfsTag = 'root';

/** How many bytes a record may have that comes over a console. */
export const maximumRecord = 8 * 1024 * 1024;

/** Shares beside the rootfs, and the files and directories in all of them. */
export const maximumShares = 31;
export const maximumExports = 255;

/** Block devices as volumes, from /dev/xvdc to /dev/xvdz: the two before are the rootfs's. */
export const maximumDisks = 24;
