/* Preloaded: FEW_THREADS at a time beside the first one, then EAGAIN, as with `ulimit -u`, which means nothing to root. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>

static atomic_int running;

struct start {
  void* (*run)(void*);
  thrd_start_t run11;
  void* with;
};

static void ended(void* none) {
  (void)none;
  atomic_fetch_sub(&running, 1);
}

static void* body(void* with) {
  struct start start = *(struct start*)with;
  void* result = 0;
  free(with);
  pthread_cleanup_push(ended, 0);
  result = start.run ? start.run(start.with) : (void*)(long)start.run11(start.with);
  pthread_cleanup_pop(1);
  return result;
}

static int create(pthread_t* thread, const pthread_attr_t* attributes, struct start start) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  const char* few = getenv("FEW_THREADS");
  struct start* kept;
  int error;
  if (!real) real = dlsym(RTLD_NEXT, "pthread_create");
  if (atomic_fetch_add(&running, 1) >= (few ? atoi(few) : 1000)) {
    atomic_fetch_sub(&running, 1);
    return EAGAIN;
  }
  kept = malloc(sizeof *kept);
  *kept = start;
  error = real(thread, attributes, body, kept);
  if (error) {
    free(kept);
    atomic_fetch_sub(&running, 1);
  }
  return error;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* with) {
  struct start start = {run, 0, with};
  return create(thread, attributes, start);
}

int thrd_create(thrd_t* thread, thrd_start_t run, void* with) {
  struct start start = {0, run, with};
  return create((pthread_t*)thread, 0, start) ? thrd_error : thrd_success;
}
