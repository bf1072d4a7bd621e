/* Web origins (RFC 6454 §6.2) and the Host header. */
#ifndef HUFU_WIRE_ORIGIN_H
#define HUFU_WIRE_ORIGIN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* With "refuse = " and the words of all scopes it fits one line of a file (190 bytes, wire/ini.c).
 * DNS names may have 253; a longer origin could not be allowed, so it is refused. */
#define HUFU_ORIGIN_MAX 150

/* Whether `text` is one web origin exactly as browsers serialise it: http or https, lower case,
 * punycode, no default port, no path. `null`, lists and other schemes are not. */
bool hufu_origin_valid(const char *text);

/* Appends a valid origin as people should see it: as it is, and when it is punycode the Unicode
 * form in parentheses behind it, unless that has characters that do not show. What has more than 64
 * characters loses its middle; its end, which says whose site it is, stays. */
void hufu_origin_display(const char *origin, struct hufu_buf *ret_text);

/* Whether a Host header names this machine's loopback with this port:
 * localhost, 127.0.0.1 or [::1], exactly as browsers write them. */
bool hufu_host_is_loopback(const char *host, uint16_t port);

/* The same with any port, or none, which stands for that of https. */
bool hufu_host_is_loopback_elsewhere(const char *host);

#endif
