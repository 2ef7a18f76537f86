// The paths on which Dom0 and guest agree: in the guest's ramdisk, and in what Dom0 serves by 9P.
#pragma once

// In the ramdisk, from runx: the record of each container that the domain boots with, by slot.
#define RECORDS "/runx/containers"
// Where the guest mounts a share while sources of bind mounts are taken from it, by tag.
#define SHARES "/runx/shares"
// In the ramdisk, from runx: copies of files that are bound where there is no 9P server.
#define FILES "/runx/files"

// The directory of the exports in 9P, by tag, since the server sees little else; of a share of
// files, number N is TAG/N.
#define EXPORTS "/export"
// The tag of a container's rootfs.
#define ROOTFS_TAG "root"
// Format of the options with which the guest mounts a share; the argument is its tag.
#define NINEP_OPTIONS                                                                              \
    "trans=xen,version=9p2000.L,msize=131072,cache=mmap,access=client,uname=root,aname=" EXPORTS   \
    "/%s"
