// What Glibc's Swift module leaves out. No _GNU_SOURCE here: it would change glibc's types in this module only.
#include <sys/epoll.h>
#include <sys/eventfd.h>
