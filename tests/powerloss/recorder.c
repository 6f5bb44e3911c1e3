/* Records what a process asks of the files below $RECORDED, in the order in which it happened, into $RECORD.
 *
 * Loaded with LD_PRELOAD. One lock is held around each call and its record, so the order is the true one. A record is
 * a line, "OP\tINODE\tOFFSET\tLENGTH\tPATH\tPATH\n", and then the LENGTH bytes that were written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int record = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("RECORDED"), *file = getenv("RECORD");
    if (!folder || !file) return;
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    record = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long done = syscall(SYS_write, record, at, length);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) { syscall(SYS_exit_group, 99); }
        at += done;
        length -= (size_t)done;
    }
}

static int inside(const char *path) {
    return record >= 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

/* The whole path of what `path` names, seen from `folder`. */
static int whole(int folder, const char *path, char *out) {
    char base[PATH_MAX], link[64];
    if (path[0] == '/') { snprintf(out, PATH_MAX, "%s", path); return 1; }
    if (folder == AT_FDCWD) { if (!getcwd(base, sizeof base)) return 0; }
    else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
    }
    if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    return 1;
}

/* The path by which an open file was found; files outside the folder are none of ours. */
static int of_file(int fd, char *out, unsigned long *inode) {
    char link[64];
    struct stat facts;
    if (record < 0 || fd == record) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    if (length < 0) return 0;
    out[length] = 0;
    if (!inside(out) || fstat(fd, &facts)) return 0;
    *inode = (unsigned long)facts.st_ino;
    return 1;
}

static void note(const char *op, unsigned long inode, long offset, const void *bytes, size_t length, const char *one,
                 const char *two) {
    char head[3 * PATH_MAX];
    int kept = errno, size = snprintf(head, sizeof head, "%s\t%lu\t%ld\t%zu\t%s\t%s\n", op, inode, offset, length, one,
                                      two ? two : "");
    put(head, (size_t)size);
    if (length) put(bytes, length);
    errno = kept;
}

static unsigned long inode_of(const char *path) {
    struct stat facts;
    return lstat(path, &facts) ? 0 : (unsigned long)facts.st_ino;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (record < 0 || !whole(folder, path, full) || !inside(full) || !(flags & (O_CREAT | O_TRUNC)) ||
        (flags & O_TMPFILE) == O_TMPFILE)
        return (int)syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    unsigned long before = inode_of(full);
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0) {
        unsigned long after = inode_of(full);
        if (!before && after) note("create", after, 0, NULL, 0, full, NULL);
        else if (flags & O_TRUNC) note("truncate", after, 0, NULL, 0, full, NULL);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags | O_LARGEFILE, mode); }

#define RECORDED_WRITE(call, at)                                                        \
    char path[PATH_MAX]; unsigned long inode;                                           \
    if (!of_file(fd, path, &inode)) return call;                                        \
    pthread_mutex_lock(&lock);                                                          \
    long offset = at;                                                                   \
    ssize_t done = call;                                                                \
    if (done > 0) note("write", inode, offset, bytes, (size_t)done, path, NULL);        \
    pthread_mutex_unlock(&lock);                                                        \
    return done;

/* Where a plain write goes: to the end for a file opened to append. */
static long place(int fd) {
    struct stat facts;
    if (fcntl(fd, F_GETFL) & O_APPEND) return fstat(fd, &facts) ? 0 : (long)facts.st_size;
    return lseek(fd, 0, SEEK_CUR);
}
ssize_t write(int fd, const void *bytes, size_t length) { RECORDED_WRITE(syscall(SYS_write, fd, bytes, length), place(fd)) }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t to) { RECORDED_WRITE(syscall(SYS_pwrite64, fd, bytes, length, to), (long)to) }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t to) { RECORDED_WRITE(syscall(SYS_pwrite64, fd, bytes, length, to), (long)to) }

/* What this recorder could not tell ends the process, rather than leave a hole in the record. */
#define REFUSED(kind) { char path[PATH_MAX]; unsigned long inode; if (of_file(fd, path, &inode)) { fprintf(stderr, "not recorded: %s\n", kind); _exit(98); } }
ssize_t writev(int fd, const struct iovec *parts, int count) { REFUSED("writev") return syscall(SYS_writev, fd, parts, count); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t to) { REFUSED("pwritev") return REAL(pwritev)(fd, parts, count, to); }
int fallocate(int fd, int mode, off_t from, off_t length) { REFUSED("fallocate") return (int)syscall(SYS_fallocate, fd, mode, from, length); }
int fallocate64(int fd, int mode, off64_t from, off64_t length) { REFUSED("fallocate64") return (int)syscall(SYS_fallocate, fd, mode, from, length); }

static int truncated(int fd, off64_t length) {
    char path[PATH_MAX]; unsigned long inode;
    if (!of_file(fd, path, &inode)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int failed = (int)syscall(SYS_ftruncate, fd, length);
    if (!failed) note("truncate", inode, (long)length, NULL, 0, path, NULL);
    pthread_mutex_unlock(&lock);
    return failed;
}
int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int synced(int fd, long number) {
    char path[PATH_MAX]; unsigned long inode;
    if (!of_file(fd, path, &inode)) return (int)syscall(number, fd);
    pthread_mutex_lock(&lock);
    note("sync", inode, 0, NULL, 0, path, NULL);
    pthread_mutex_unlock(&lock);
    return 0; /* the record is what counts; the disk below need not be waited for */
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char one[PATH_MAX], two[PATH_MAX];
    if (record < 0 || !whole(from_folder, from, one) || !whole(to_folder, to, two) || !inside(one))
        return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    pthread_mutex_lock(&lock);
    unsigned long inode = inode_of(one);
    int failed = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (!failed) note("rename", inode, 0, NULL, 0, one, two);
    pthread_mutex_unlock(&lock);
    return failed;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return renamed(a, from, b, to, flags); }

static int unlinked(int folder, const char *path, int flags) {
    char full[PATH_MAX];
    if (record < 0 || !whole(folder, path, full) || !inside(full)) return (int)syscall(SYS_unlinkat, folder, path, flags);
    pthread_mutex_lock(&lock);
    unsigned long inode = inode_of(full);
    int failed = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (!failed) note("unlink", inode, 0, NULL, 0, full, NULL);
    pthread_mutex_unlock(&lock);
    return failed;
}
int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return unlinked(folder, path, flags); }
int rmdir(const char *path) { return unlinked(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int folder, const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (record < 0 || !whole(folder, path, full) || !inside(full)) return (int)syscall(SYS_mkdirat, folder, path, mode);
    pthread_mutex_lock(&lock);
    int failed = (int)syscall(SYS_mkdirat, folder, path, mode);
    if (!failed) note("folder", inode_of(full), 0, NULL, 0, full, NULL);
    pthread_mutex_unlock(&lock);
    return failed;
}
int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }
