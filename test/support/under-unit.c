// Stands in the daemon's place under its unit and tries what that should forbid and what it must allow, a line for each try.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static void tried(const char *what, long result) {
  printf("%s: %s\n", what, result >= 0 ? "done" : strerrorname_np(errno));
  fflush(stdout);
}

static void may_unshare(const char *what, int namespaces) {
  pid_t child = fork();
  if (child == 0) {
    tried(what, unshare(namespaces));
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

static long reads(const char *path) { return open(path, O_RDONLY); }
static long creates(const char *path) { return open(path, O_CREAT | O_WRONLY, 0600); }
static long lists(const char *path) { return opendir(path) ? 0 : -1; }

int main(void) {
  tried("write its data", creates("/var/lib/ossia/tried"));
  tried("write the program", creates("/opt/ossia/tried"));
  tried("write the settings", creates("/etc/ossia/tried"));
  tried("write the system", creates("/usr/bin/tried"));
  tried("set a user's bit", chmod("/var/lib/ossia/tried", 04700));
  tried("read root's secret", reads("/etc/ossia/secrets/bras-1"));
  tried("read its credential", reads("/run/credentials/tried.service/secrets_bras-1"));
  tried("list homes", lists("/home"));
  tried("list root's home", lists("/root"));
  tried("see other processes", lists("/proc/1"));
  tried("signal other processes", kill(1, 0));
  tried("open the memory's device", reads("/dev/mem"));
  tried("read the kernel's log", reads("/dev/kmsg"));
  tried("change a kernel's setting", open("/proc/sys/kernel/core_pattern", O_WRONLY));
  tried("change control groups", mkdir("/sys/fs/cgroup/tried", 0700));
  tried("open a UDP socket", socket(AF_INET6, SOCK_DGRAM, 0));
  tried("open a unix socket", socket(AF_UNIX, SOCK_STREAM, 0));
  tried("open a netlink socket", socket(AF_NETLINK, SOCK_RAW, 0));
  tried("open a packet socket", socket(AF_PACKET, SOCK_RAW, 0));
  tried("open a raw socket", socket(AF_INET, SOCK_RAW, 1));
  may_unshare("make the namespaces of the walls", CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWPID);
  may_unshare("make a namespace of control groups", CLONE_NEWUSER | CLONE_NEWCGROUP);
  may_unshare("make a namespace of clocks", CLONE_NEWUSER | CLONE_NEWTIME);
  may_unshare("make a mount namespace of the machine's own", CLONE_NEWNS);
  tried("mount", mount("none", "/var/lib/ossia", "tmpfs", 0, ""));
  tried("join a namespace", setns(open("/proc/self/ns/net", O_RDONLY), 0));
  tried("become root", setuid(0));
  tried("use io_uring", syscall(SYS_io_uring_setup, 1, &(struct io_uring_params){0}));
  tried("use the keyring", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 1));
  tried("load a BPF program", syscall(SYS_bpf, 0, NULL, 0));
  tried("watch the processor", syscall(SYS_perf_event_open, &(struct perf_event_attr){0}, 0, -1, -1, 0));
  tried("load a module", syscall(SYS_finit_module, -1, "", 0));
  tried("set the clock", settimeofday(&(struct timeval){0}, NULL));
  tried("rename the machine", sethostname("tried", 5));
  tried("take a real-time priority", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}));
  tried("change its personality", personality(ADDR_NO_RANDOMIZE));
  return 0;
}
