/* Makes a disk fail for one process: LD_PRELOAD, and files that switch it on and off.
 *
 * Only for descriptors under the folder EIO_UNDER. While the file EIO_SWITCH.write exists, writes
 * and truncations fail with EIO; while EIO_SWITCH.sync exists, fsync and fdatasync do, after having
 * written nothing more.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, const char *what)
{
    char name[PATH_MAX], link[64];
    const char *under = getenv("EIO_UNDER"), *by = getenv("EIO_SWITCH");
    if (!under || !by)
        return 0;
    snprintf(name, sizeof name, "%s.%s", by, what);
    if (access(name, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return 0;
    name[length] = 0;
    return strncmp(name, under, strlen(under)) == 0;
}

#define FAIL_OR_CALL(what, type, name, parameters, ...)                                            \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (!real)                                                                                 \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                    \
        if (fails(fd, what)) {                                                                     \
            errno = EIO;                                                                           \
            return -1;                                                                             \
        }                                                                                          \
        return real(__VA_ARGS__);                                                                  \
    }

FAIL_OR_CALL("write", ssize_t, write, (int fd, const void *data, size_t size), fd, data, size)
FAIL_OR_CALL("write", ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), fd, data,
             size, at)
FAIL_OR_CALL("write", ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), fd,
             data, size, at)
FAIL_OR_CALL("write", int, ftruncate, (int fd, off_t size), fd, size)
FAIL_OR_CALL("write", int, ftruncate64, (int fd, off64_t size), fd, size)
FAIL_OR_CALL("sync", int, fsync, (int fd), fd)
FAIL_OR_CALL("sync", int, fdatasync, (int fd), fd)
