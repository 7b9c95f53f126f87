// The checks of the native tests: no framework, a failure says where and ends the program.
#pragma once

#include <unistd.h>

#include <cstdio>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      _exit(1); /* at once: threads still use what exit() would destroy */     \
    }                                                                           \
  } while (false)

/** Names the case that runs, so that a crash says where. */
#define CASE(name) fprintf(stderr, "  %s\n", name)
