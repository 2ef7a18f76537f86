// The program that makes an image of a rootfs, confined.
#pragma once

#include "../backend/9p/share_list.h"

// Executes a program, in a root directory with nothing but `list` whose mount point is made
// in `directory`, that is to be killed when its parent dies; returns only when it can't, with
// the exit code that says so.  Descriptor 3, a lock of runx, stays open in it.
int image_run(const struct share_list *list, const char *directory, char **args);
