// A process that is added to a running container: what the guest's kernel runs when
// Dom0 offers another console (Documentation/core-api/kobject.rst, "uevent_helper").
#pragma once

#include "../containers.h"

// Has the kernel run this program, under the name "exec", for new devices, and tells
// Dom0 that the container is there, and whether processes can be added to it.
void exec_offer(const struct container *container);
// Waits a moment for those added to the container, which have ended, to be reported.
void exec_finish(const struct container *container);
// Takes the console that the event is about, runs the process that it asks for, and answers.
int exec_serve(void);
