// What Glibc's Swift module leaves out. No _GNU_SOURCE here: it would change glibc's types in this module only.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <pthread.h>

// Declared by glibc for _GNU_SOURCE only. Names a thread for `top -H`, at most 15 bytes.
int pthread_setname_np(pthread_t thread, const char *name);
