/* The head of an HTTP/1.1 request, read as RFC 9112 writes it and not as lenient servers take it:
 * no program stands in front of hufud, so whatever differs was not sent by a browser. */
#ifndef HUFU_WIRE_HEAD_H
#define HUFU_WIRE_HEAD_H

#include <stddef.h>
#include <stdint.h>

/* A browser sends about 15 header lines in less than 2 KiB. */
#define HUFU_HEADERS_MAX      64
#define HUFU_HEADER_BYTES_MAX (16 * 1024) /* with the request line and all line ends */

struct hufu_header {
    const char *name;
    const char *value;
};

/* Texts borrow from the bytes that were read. */
struct hufu_head {
    const char *method;
    const char *target;
    uint16_t port; /* of the listener that accepted; the service knows it */
    size_t header_count;
    struct hufu_header headers[HUFU_HEADERS_MAX];
};

enum hufu_head_state {
    HUFU_HEAD_MORE, /* good so far */
    HUFU_HEAD_DONE,
    HUFU_HEAD_MALFORMED,
    HUFU_HEAD_TOO_LARGE,
};

/* Reads the head at the start of `bytes`, of which it takes the first *ret_len. Only then are
 * `bytes` changed: each text gets its NUL in place of what follows it. Nothing is written to the
 * outputs otherwise. */
enum hufu_head_state hufu_head_read(char *bytes, size_t len, struct hufu_head *ret_head,
                                    size_t *ret_len);

/* The value of the first header of this name, in either case, or NULL. */
const char *hufu_head_value(const struct hufu_head *head, const char *name);

/* How long the body is: what one Content-Length says, 0 without it, UINT64_MAX for more than that.
 * Returns NULL, or the name of the header that frames the body otherwise. */
const char *hufu_head_framing(const struct hufu_head *head, uint64_t *ret_length);

#endif
