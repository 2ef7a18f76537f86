// The domain's first process: it makes what a container needs, starts it, waits for its end and
// tells Dom0.
#pragma once

_Noreturn void boot(void);
