/* The ServiSign dialect, without any I/O: the body of a request becomes a struct, and a struct
 * becomes the bytes of an answer. Shapes and sources: docs/protocol/servisign.md. */
#ifndef HUFU_SERVICE_SERVISIGN_H
#define HUFU_SERVICE_SERVISIGN_H

#include "base/buf.h"
#include "error/error.h"
#include "wire/frame.h"
#include "wire/json.h"

#include <stdbool.h>

/* A result is base64 in the answer; signed documents come back as large as they went. */
#define HUFU_SERVISIGN_ANSWER_MAX (16u * 1024 * 1024)

/* One decoded request. All texts are borrowed from it, never NULL, UTF-8 without NUL. */
struct hufu_servisign {
    struct hufu_json *json;
    struct hufu_buf decoded[HUFU_ARGUMENTS_MAX];
    const char *function;
    size_t argument_count;
    const char *arguments[HUFU_ARGUMENTS_MAX]; /* by position, flags applied */
    bool keep_alive;                           /* the page polls while the answer is `heartbeat` */
    bool per_browser; /* ServiSignTabMode 1: session is the browser's name */
    const char *session;
    const char *path_id;
    const char *comname;
    const char *adapter_version;
    const char *min_server_version;
    const char *min_library_version;
};

/* HUFU_E_REQUEST for a body that is not of that form. Release with hufu_servisign_free, which
 * wipes.
 */
enum hufu_status hufu_servisign_decode(struct hufu_bytes body, struct hufu_servisign **ret_request,
                                       struct hufu_error *err);
void hufu_servisign_free(struct hufu_servisign *request);

/* Reads the arguments, once; there are none before. A step of its own, as the session has to learn
 * of a failure. HUFU_E_REQUEST, HUFU_E_CONVERSION for text that is not UTF-8. */
enum hufu_status hufu_servisign_read_arguments(struct hufu_servisign *request,
                                               struct hufu_error *err);

/* The value of a parameter by its name, flags not applied: for the functions whose parameters are
 * plain and may be missing. "" when it is not there. */
const char *hufu_servisign_named(const struct hufu_servisign *request, const char *name);

struct hufu_servisign_answer {
    const char *result;  /* never NULL */
    const char *session; /* Echo only, as the four below; NULL leaves a member out */
    const char *server_version;
    const char *library_version;
    const char *installer_version;
};

/* Appends one flat JSON object, every value base64 of UTF-8, no line break anywhere. */
void hufu_servisign_encode(const struct hufu_servisign_answer *answer, struct hufu_buf *ret_json);

/* The same with the public number of `status` as its result. */
void hufu_servisign_encode_status(enum hufu_status status, struct hufu_buf *ret_json);

#endif
