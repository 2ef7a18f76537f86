#define _GNU_SOURCE
#include "server.h"
#include "../../protocol/paths.h"
#include "../../protocol/read_full.h"
#include "../../protocol/retry.h"
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT_FD = 3 };

// A directory of the container's state, made by nobody else.
static const char root[] = "share";

// Where the server listens, in its own root.
#define SOCKET_DIRECTORY "/run"
#define SOCKET SOCKET_DIRECTORY "/diod"

// What the server's program is loaded from.
static const char *const libraries[] = {"/usr/lib", "/usr/lib64", "/usr/sbin", "/lib", "/lib64"};

static int bind_mount(const char *source, const char *target, unsigned long flags) {
    if (mount(source, target, NULL, MS_BIND, NULL) < 0) return -1;
    return mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | flags, NULL);
}

// The libraries in a root that is otherwise empty, for the server's program to start.
static int make_root(void) {
    char target[64];
    if (mkdir(root, 0700) < 0 && errno != EEXIST) return -1;
    if (mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=755") < 0) return -1;
    snprintf(target, sizeof target, "%s/usr", root);
    if (mkdir(target, 0755) < 0) return -1;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        char link[64];
        struct stat info;
        if (lstat(libraries[i], &info) < 0) continue;
        snprintf(target, sizeof target, "%s%s", root, libraries[i]);
        ssize_t length = readlink(libraries[i], link, sizeof link - 1);
        if (length > 0) {
            link[length] = '\0';
            if (symlink(link, target) < 0) return -1;
        } else if (mkdir(target, 0755) < 0 ||
                   bind_mount(libraries[i], target, MS_RDONLY | MS_NODEV) < 0) {
            return -1;
        }
    }
    snprintf(target, sizeof target, "%s%s", root, EXPORTS);
    if (mkdir(target, 0755) < 0) return -1;
    // Of its own, since the root will be read-only: nothing but the socket fits in.
    snprintf(target, sizeof target, "%s%s", root, SOCKET_DIRECTORY);
    if (mkdir(target, 0755) < 0) return -1;
    return mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 "size=4k,nr_inodes=2,mode=700");
}

static int mount_export(const struct share *share, const struct export *export) {
    char target[128];
    int length = snprintf(target, sizeof target, "%s%s/%s", root, EXPORTS, share->tag);
    if (mkdir(target, 0755) < 0 && errno != EEXIST) return -1;
    if (export->file) {
        snprintf(target + length, sizeof target - (size_t)length, "/%zu",
                 (size_t)(export - share->exports));
        if (mknod(target, S_IFREG | 0600, 0) < 0) return -1;
    }
    const unsigned long recursive = export->recursive ? MS_REC : 0;
    if (mount(export->path, target, NULL, MS_BIND | recursive, NULL) < 0) return -1;
    // The guest may make device nodes, for its own kernel to open, never for this one.
    // What the host mounts there later would come with its devices, so it does not come.
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
                                                (export->readonly ? MOUNT_ATTR_RDONLY : 0),
                                    .propagation = MS_PRIVATE};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, target, export->recursive ? AT_RECURSIVE : 0,
                        &attributes, sizeof attributes);
}

// A guest that swaps directories for links while the server walks could lead it
// anywhere, so there is nothing anywhere: a root of libraries and the exports.
const char *server_enter_root(const struct share_list *list) {
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return "making a mount namespace";
    if (make_root() < 0) return "making the server's root";
    for (size_t i = 0; i < list->share_count; i++) {
        const struct share *share = &list->shares[i];
        for (const struct export *e = share->exports; e < share->exports + share->export_count; e++)
            if (mount_export(share, e) < 0) return e->path;
    }
    if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
        return "entering the server's root";
    // diod takes "..", so what holds the exports must not be the guest's to write either.
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0 ||
        chdir("/") < 0)
        return "making the server's root read-only";
    return NULL;
}

// Becomes the server; why it cannot is written to `report`.
static _Noreturn void run(const struct share_list *list, const char *diod, int report) {
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    if (dup3(report, REPORT_FD, O_CLOEXEC) < 0) _exit(1);
    syscall(SYS_close_range, REPORT_FD + 1, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    struct rlimit files;
    // Every file that the guest holds open is a descriptor of the server.
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    // diod raises these and gives up if it may not, and later it may not; a guest must
    // not make it grow for ever.
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}, memory = {512 << 20, 512 << 20};
    // Of each of its threads, which are many and count as memory.
    const struct rlimit stack = {512 << 10, RLIM_INFINITY};
    const int raised[] = {RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_CORE, RLIMIT_AS};
    for (size_t i = 0; i < sizeof raised / sizeof *raised; i++) setrlimit(raised[i], &unlimited);
    setrlimit(RLIMIT_DATA, &memory);
    setrlimit(RLIMIT_STACK, &stack);
    umask(0);
    const char *failed = server_enter_root(list);
    if (!failed && !privileges_keep_to_serve()) failed = "dropping capabilities";
    if (!failed) {
        // What glibc loads when a thread ends; later there are no libraries to load.
        char *environment[] = {"LD_PRELOAD=libgcc_s.so.1", NULL};
        execle(diod, "diod", "-f", "-n", "-N", "-L", "stderr", "--nwthreads", "8", "-l", SOCKET,
               "-e", EXPORTS, (char *)NULL, environment);
        failed = diod;
    }
    dprintf(REPORT_FD, "%s: %s", failed, strerror(errno));
    _exit(127);
}

pid_t server_start(const struct share_list *list, const char *diod, char *error, size_t size) {
    int report[2] = {-1, -1};
    pid_t child = pipe2(report, O_CLOEXEC) < 0 ? -1 : fork();
    if (child == 0) run(list, diod, report[1]);
    snprintf(error, size, "%s", child < 0 ? strerror(errno) : "");
    close(report[1]);
    // The pipe closes when the server's program is executed.
    ssize_t length = child > 0 ? read_full(report[0], error, size - 1) : 0;
    if (child > 0) error[length > 0 ? length : 0] = '\0';
    close(report[0]);
    return length > 0 ? -1 : child;
}

bool server_seal(pid_t server) {
    pid_t child = fork();
    if (child == 0) {
        char namespace[32];
        snprintf(namespace, sizeof namespace, "/proc/%d/ns/mnt", (int)server);
        int fd = open(namespace, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || setns(fd, CLONE_NEWNS) < 0) _exit(1);
        for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
            // EINVAL: a link, or no mount.
            if (umount2(libraries[i], MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL &&
                errno != ENOENT)
                _exit(1);
        _exit(0);
    }
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && status == 0;
}

int server_connect(pid_t server) {
    struct retry retry = {.times = 2000, .pause_ms = 5};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    // It is in the server's own root, which nobody else sees.
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/%d/root%s", (int)server, SOCKET);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    while (kill(server, 0) == 0) {
        siginfo_t ended = {0};
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
        if (waitid(P_PID, (id_t)server, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid)
            break;
        if (!retry_later(&retry)) break;
    }
    close(fd);
    return -1;
}
