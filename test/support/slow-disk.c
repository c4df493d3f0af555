/* A slow disk for one process, put in front of its C library: every sync waits first, and when it ends is written down. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long pause_ms;
static char path[4096];

/* The program may empty its environment later. */
__attribute__((constructor)) static void look(void) {
  const char *ms = getenv("SLOW_DISK_MS"), *log = getenv("SLOW_DISK_LOG");
  pause_ms = ms ? atol(ms) : 0;
  snprintf(path, sizeof path, "%s", log ? log : "");
}

static long long begin(void) {
  struct timespec t = {pause_ms / 1000, pause_ms % 1000 * 1000000};
  long long began = now();
  nanosleep(&t, NULL);
  return began;
}

/* One line for each, whole: short appends do not mix. */
static void end(const char *kind, long long began) {
  char line[80];
  int file, length = snprintf(line, sizeof line, "%s %lld %lld\n", kind, began, now());
  if (!*path || (file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0) return;
  if (write(file, line, length) < 0) perror("slow disk");
  close(file);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

/* What is killed while it waits has not reached the disk. */
#define SLOW_WRITE(name, offset_type) \
  ssize_t name(int file, const void *bytes, size_t size, offset_type at) { \
    REAL(name); \
    int flags = fcntl(file, F_GETFL); \
    if (flags < 0 || !(flags & O_DSYNC)) return real(file, bytes, size, at); \
    long long began = begin(); \
    ssize_t written = real(file, bytes, size, at); \
    if (written == (ssize_t)size) end("log", began); \
    return written; \
  }

#define SLOW_SYNC(name) \
  int name(int file) { \
    REAL(name); \
    long long began = begin(); \
    int failed = real(file); \
    if (!failed) end("database", began); \
    return failed; \
  }

SLOW_WRITE(pwrite, off_t)
SLOW_WRITE(pwrite64, off64_t)
SLOW_SYNC(fsync)
SLOW_SYNC(fdatasync)
