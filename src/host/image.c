#define _GNU_SOURCE
#include "image.h"
#include "../backend/9p/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int image_run(const struct share_list *list, const char *directory, char **args) {
    // It must not write to what a later runx makes in the same place.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Its path has no meaning in the other root.
    int program = open(args[0], O_RDONLY | O_CLOEXEC);
    const char *failed = program < 0 ? args[0] : NULL;
    if (!failed && chdir(directory) < 0) failed = directory;
    if (!failed) failed = server_enter_root(list);
    if (!failed && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        fexecve(program, args, (char *[]){NULL});
        failed = args[0];
    }
    fprintf(stderr, "%s: %s\n", failed ? failed : "no new privileges", strerror(errno));
    return 126;
}
