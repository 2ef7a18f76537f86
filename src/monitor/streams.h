// The standard streams of a process that stays.
#pragma once

// Has descriptors 0, 1 and 2 be /dev/null: the engine waits for the end of the pipes that it
// has given to runx.
void streams_leave(void);
