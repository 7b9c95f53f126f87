// Bulk data over one TLS 1.3 connection with AES-128-GCM: what a tunnel in one connection could
// carry if it had no frames to read, look up and write. Built with -lssl -lcrypto.
//
//   tls-bulk serve PORT CERTIFICATE_FILE KEY_FILE        one connection, then it ends
//   tls-bulk send ADDRESS PORT MILLISECONDS
//
// `serve` prints "ready", and at the end one JSON object with what it received.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** Many records in one system call, each way. */
enum { CHUNK_BYTES = 65536, BUFFER_BYTES = 262144 };
static uint8_t chunk[CHUNK_BYTES];

static void check(int is_good, const char *what) {
  if (is_good) return;
  fprintf(stderr, "tls-bulk: %s: %s\n", what, strerror(errno));
  ERR_print_errors_fp(stderr);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static SSL_CTX *make_context(const SSL_METHOD *method) {
  SSL_CTX *context = SSL_CTX_new(method);
  check(context != NULL, "context");
  check(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "TLS 1.3");
  check(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1, "cipher");
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, BUFFER_BYTES);
  return context;
}

static int serve(int port, const char *certificate, const char *key) {
  SSL_CTX *context = make_context(TLS_server_method());
  check(SSL_CTX_use_certificate_chain_file(context, certificate) == 1, certificate);
  check(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, key);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(bind(listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
  check(listen(listener, 1) == 0, "listen");
  printf("ready\n");
  fflush(stdout);
  const int fd = accept(listener, NULL, NULL);
  SSL *ssl = SSL_new(context);
  check(fd >= 0 && ssl != NULL && SSL_set_fd(ssl, fd) == 1, "accept");
  check(SSL_accept(ssl) == 1, "handshake");
  const int64_t start = now_ns();
  int64_t last = start;
  uint64_t received = 0;
  for (int got; (got = SSL_read(ssl, chunk, sizeof chunk)) > 0; last = now_ns()) {
    received += (uint64_t)got;
  }
  printf("{\"bytes\":%llu,\"seconds\":%.6f}\n", (unsigned long long)received,
         (double)(last - start) / 1e9);
  return 0;
}

/** TLS on a socket, with writes gathered. */
static SSL *open_tls(SSL_CTX *context, int fd) {
  SSL *ssl = SSL_new(context);
  BIO *socket_end = BIO_new_socket(fd, BIO_CLOSE), *gather = BIO_new(BIO_f_buffer());
  check(ssl != NULL && socket_end != NULL && gather != NULL, "TLS");
  check(BIO_set_write_buffer_size(gather, BUFFER_BYTES) == 1, "buffer");
  BIO_up_ref(socket_end); // one for each way
  SSL_set0_rbio(ssl, socket_end);
  SSL_set0_wbio(ssl, BIO_push(gather, socket_end));
  return ssl;
}

static int send_bulk(const char *address, int port, int64_t for_ns) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  check(inet_pton(AF_INET, address, &to.sin_addr) == 1, address);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
  SSL *ssl = open_tls(make_context(TLS_client_method()), fd);
  check(SSL_connect(ssl) == 1, "handshake");
  for (const int64_t end = now_ns() + for_ns; now_ns() < end;) {
    check(SSL_write(ssl, chunk, sizeof chunk) == sizeof chunk, "write");
  }
  SSL_shutdown(ssl);
  check(BIO_flush(SSL_get_wbio(ssl)) == 1, "flush");
  return 0;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 5 && strcmp(argv[1], "serve") == 0) return serve(atoi(argv[2]), argv[3], argv[4]);
  if (argc == 5 && strcmp(argv[1], "send") == 0) {
    return send_bulk(argv[2], atoi(argv[3]), atoll(argv[4]) * 1000000);
  }
  fprintf(stderr, "usage: tls-bulk serve PORT CERTIFICATE KEY | tls-bulk send ADDRESS PORT MS\n");
  return 2;
}
