// A process that is added to the running container: what the guest's kernel runs when
// Dom0 offers another console (Documentation/core-api/kobject.rst, "uevent_helper").
#pragma once

// Has the kernel run this program, under the name "exec", for new devices, and tells
// Dom0 whether it will.
void exec_offer(void);
// Waits a moment for added processes, which have ended, to be reported.
void exec_finish(void);
// Takes a console that nobody has, runs the process that it asks for, and answers.
int exec_serve(void);
