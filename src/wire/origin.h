/* Web origins (RFC 6454 §6.2) and the Host header. */
#ifndef HUFU_WIRE_ORIGIN_H
#define HUFU_WIRE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

/* "https://" + a DNS name of at most 253 + ":65535", rounded up. */
#define HUFU_ORIGIN_MAX 280

/* Whether `text` is one web origin exactly as browsers serialise it: http or https, lower case,
 * punycode, no default port, no path. `null`, lists and other schemes are not. */
bool hufu_origin_valid(const char *text);

/* Whether a Host header names this machine's loopback with this port:
 * localhost, 127.0.0.1 or [::1], exactly as browsers write them. */
bool hufu_host_is_loopback(const char *host, uint16_t port);

#endif
