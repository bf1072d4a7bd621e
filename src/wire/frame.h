/* What hufud and a hufu-worker say to each other, over a socket pair.
 *
 *   frame   := length:u32 type:u8 field*       length counts everything after itself
 *   field   := length:u32 byte*                all numbers are big endian
 *
 * Either side may be broken into (the one by a page, the other by a card), so both check. */
#ifndef HUFU_WIRE_FRAME_H
#define HUFU_WIRE_FRAME_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>

/* The largest body of a request (8 MiB, service/gate.h) and the fields around it. */
#define HUFU_FRAME_MAX (9u * 1024 * 1024)

/* The published functions take at most 7 arguments; 16 leaves room for two more such tables. */
#define HUFU_ARGUMENTS_MAX 16

/* A page's state that outlives its worker: a reader number, a code page, one certificate. */
#define HUFU_MEMO_MAX (64u * 1024)

enum hufu_frame_type {
    HUFU_FRAME_CALL = 1,
    HUFU_FRAME_RESULT,
    HUFU_FRAME_DIALOG, /* the worker shows a window: a person's time is not the card's time */
    HUFU_FRAME_MEMO,   /* what an earlier worker of the same page knew; sent to a fresh one */
    HUFU_FRAME_ASK,    /* the function needs scopes that the site does not have yet */
    HUFU_FRAME_GRANT,  /* the answer to it; the worker waits for it in the middle of its call */
};

/* hufud to worker. Texts are without NUL; all memory is borrowed. */
struct hufu_call {
    const char *component;
    const char *function;
    const char *version; /* of the product's library */
    const char *origin;
    const char *language; /* "zh-TW" or "en" */
    unsigned scopes;      /* that the site has (wire/scope.h) */
    bool may_ask;         /* for a PIN, in a window; not when the site opened too many of them */
    size_t argument_count;
    const char *arguments[HUFU_ARGUMENTS_MAX];
};

/* How long a worker keeps a card logged in for a series that gets no call: a page signs one
 * document after another, and computes or asks its server in between. */
#define HUFU_SERIES_IDLE_S 60

/* What becomes of a worker after its answer: it may be retired when it idles, it is in the middle
 * of a series and must stay, or its modules have seen a failure after which only new ones are sure.
 */
enum hufu_after { HUFU_AFTER_REST, HUFU_AFTER_STAY, HUFU_AFTER_REPLACE };

/* Worker to hufud: the public number of the error table (0 when done) and the text for the page.
 * `scope` is what the function is about, for the use log; 0 for one that needs no card. */
struct hufu_result {
    int code;
    unsigned scope;
    enum hufu_after after;
    const char *text;
    struct hufu_bytes memo;
};

/* Worker to hufud: what the function needs. hufud to worker: all that the site has now. */
struct hufu_scopes {
    unsigned scopes;
};

/* Worker to hufud: a window of the worker opened (true) or closed. */
struct hufu_dialog {
    bool open;
};

/* Append one frame; HUFU_E_REQUEST when it would be larger than the buffer's maximum. */
enum hufu_status hufu_frame_put_call(struct hufu_buf *buf, const struct hufu_call *call,
                                     struct hufu_error *err);
enum hufu_status hufu_frame_put_result(struct hufu_buf *buf, const struct hufu_result *result,
                                       struct hufu_error *err);
enum hufu_status hufu_frame_put_dialog(struct hufu_buf *buf, const struct hufu_dialog *dialog,
                                       struct hufu_error *err);
enum hufu_status hufu_frame_put_memo(struct hufu_buf *buf, struct hufu_bytes memo,
                                     struct hufu_error *err);
enum hufu_status hufu_frame_put_ask(struct hufu_buf *buf, const struct hufu_scopes *ask,
                                    struct hufu_error *err);
enum hufu_status hufu_frame_put_grant(struct hufu_buf *buf, const struct hufu_scopes *grant,
                                      struct hufu_error *err);

/* The length of the frame that `head` starts with (four bytes suffice), its own four bytes
 * included. HUFU_E_REQUEST when no frame may be that long or that short. */
enum { HUFU_FRAME_HEAD = 4 };
enum hufu_status hufu_frame_length(const uint8_t head[HUFU_FRAME_HEAD], size_t *ret_length,
                                   struct hufu_error *err);

/* The type of a whole frame, and its content; what is read borrows from `frame`.
 * HUFU_E_REQUEST when it is not of that form. */
enum hufu_frame_type hufu_frame_type(struct hufu_bytes frame);
enum hufu_status hufu_frame_get_call(struct hufu_bytes frame, struct hufu_call *ret_call,
                                     struct hufu_error *err);
enum hufu_status hufu_frame_get_result(struct hufu_bytes frame, struct hufu_result *ret_result,
                                       struct hufu_error *err);
enum hufu_status hufu_frame_get_dialog(struct hufu_bytes frame, struct hufu_dialog *ret_dialog,
                                       struct hufu_error *err);
enum hufu_status hufu_frame_get_memo(struct hufu_bytes frame, struct hufu_bytes *ret_memo,
                                     struct hufu_error *err);
enum hufu_status hufu_frame_get_ask(struct hufu_bytes frame, struct hufu_scopes *ret_ask,
                                    struct hufu_error *err);
enum hufu_status hufu_frame_get_grant(struct hufu_bytes frame, struct hufu_scopes *ret_grant,
                                      struct hufu_error *err);

#endif
