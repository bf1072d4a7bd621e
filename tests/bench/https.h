/* A TLS client that does one thing after another, for programs that measure. It trusts exactly the
 * certificates of one PEM file. */
#ifndef BENCH_HTTPS_H
#define BENCH_HTTPS_H

#include "base/buf.h"

#include <openssl/types.h>

enum { HTTPS_ANSWER_MAX = 1 << 22, HTTPS_TIMEOUT_S = 10 };

struct https {
    int socket;
    SSL *ssl;
};

/* Milliseconds on the monotonic clock, with fractions. */
double https_now_ms(void);

/* The caller frees it with SSL_CTX_free; NULL when `ca_file` cannot be read. */
SSL_CTX *https_context(const char *ca_file);

/* A connected socket to 127.0.0.1, or -1 when nobody listens there. */
int https_connect(unsigned short port);

/* Takes `socket`, also when it fails. */
bool https_open(SSL_CTX *context, int socket, struct https *ret_https);
void https_close(struct https *https);

/* Appends the request that carries a form. */
bool https_request(const struct https *https, const char *form, struct hufu_buf *ret_request);

/* Sends a request and appends the body of its 200 answer. */
bool https_send(struct https *https, const struct hufu_buf *request, struct hufu_buf *ret_answer);

/* Both. */
bool https_post(struct https *https, const char *form, struct hufu_buf *ret_answer);

/* The whole of standard input, which is a form, without its newline. */
bool https_read_form(struct hufu_buf *ret_form);

#endif
