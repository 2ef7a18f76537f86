// A user namespace of the container's own.  It comes last: the mounts and all else
// that takes privileges are made before, and belong to the guest's own.
#pragma once

#include "../record.h"

// Remembers how to reach this process's id maps; before the ramdisk's /proc is left.
const char *user_namespace_prepare(const struct process *process);
// Enters a new one, with the maps of the process.  Both: NULL, or what has failed,
// with errno.
const char *user_namespace_enter(const struct process *process);
// The guest's id for one of the container's.
uid_t user_namespace_uid(const struct process *process, uid_t uid);
