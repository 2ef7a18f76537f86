#define _GNU_SOURCE
#include "terminal.h"
#include "../protocol/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void terminal_make_raw(struct terminal *terminal, int fd) {
    if (tcgetattr(fd, &terminal->before) < 0) return;
    struct termios raw = terminal->before;
    cfmakeraw(&raw);
    terminal->fd = fd;
    terminal->raw = tcsetattr(fd, TCSANOW, &raw) == 0;
}

void terminal_restore(struct terminal *terminal) {
    if (terminal->raw) tcsetattr(terminal->fd, TCSADRAIN, &terminal->before);
    terminal->raw = false;
}

static int send_to(const char *path, int fd) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -errno;
    static const char name[] = "/dev/ptmx";
    int rc = connect(connection, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    if (rc == 0) rc = descriptor_send(connection, fd, name, sizeof name - 1);
    close(connection);
    return rc;
}

int terminal_send_master(struct terminal *terminal, const char *path, const struct winsize *size) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -errno;
    int rc = -1, slave = -1, unlock = 0;
    if (ioctl(master, TIOCSPTLCK, &unlock) == 0)
        slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) {
        rc = -errno;
    } else {
        terminal_make_raw(terminal, slave);
        if (size->ws_row > 0 || size->ws_col > 0) (void)ioctl(slave, TIOCSWINSZ, size);
        // As the controlling terminal it tells its resizes by SIGWINCH.
        (void)ioctl(slave, TIOCSCTTY, 0);
        rc = send_to(path, master);
        if (rc < 0) close(slave);
    }
    close(master);
    return rc < 0 ? rc : slave;
}
