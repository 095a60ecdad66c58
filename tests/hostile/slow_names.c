/* Preloaded: a name server that does not answer, for names that end in ".slow.test". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** found) {
  static const char kEnd[] = ".slow.test";
  int (*real)(const char*, const char*, const struct addrinfo*, struct addrinfo**) = dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = node == 0 ? 0 : strlen(node);
  if (length >= sizeof kEnd && strcmp(node + length - (sizeof kEnd - 1), kEnd) == 0) sleep(3600);
  return real(node, service, hints, found);
}
