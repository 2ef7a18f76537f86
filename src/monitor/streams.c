#define _GNU_SOURCE
#include "streams.h"

#include <fcntl.h>
#include <unistd.h>

void streams_leave(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
}
