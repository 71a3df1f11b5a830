/* Makes the disk fail for the files of a log: preloaded into a child of the tests.
 *
 * While DISK_FAULTS/<name> exists, each such call on a file whose path holds ".sqlite" fails with
 * EIO. A failed fsync behaves like Linux's: the next one of the same file returns success. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_faulty(const char *name, int fd) {
    char flag[512], link[64], target[512];
    const char *folder = getenv("DISK_FAULTS");
    if (!folder) return 0;
    snprintf(flag, sizeof flag, "%s/%s", folder, name);
    if (access(flag, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    if (!strstr(target, ".sqlite")) return 0;
    snprintf(flag, sizeof flag, "%s/%s-once", folder, name);
    if (access(flag, F_OK) == 0) {
        snprintf(flag, sizeof flag, "%s/%s", folder, name);
        unlink(flag);
    }
    return 1;
}

#define FAULTY(name, fd) \
    if (is_faulty(name, fd)) { errno = EIO; return -1; }

int fdatasync(int fd) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "fdatasync");
    FAULTY("sync", fd)
    return next(fd);
}

int fsync(int fd) {
    static int (*next)(int);
    if (!next) next = dlsym(RTLD_NEXT, "fsync");
    FAULTY("sync", fd)
    return next(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    static ssize_t (*next)(int, const void *, size_t, off64_t);
    if (!next) next = dlsym(RTLD_NEXT, "pwrite64");
    FAULTY("write", fd)
    return next(fd, data, size, offset);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    static ssize_t (*next)(int, void *, size_t, off64_t);
    if (!next) next = dlsym(RTLD_NEXT, "pread64");
    FAULTY("read", fd)
    return next(fd, data, size, offset);
}
