/* call PORT CA [COUNT] <FORM: sends a form over one kept-alive TLS connection. Without COUNT it
 * prints the answer, with COUNT how many milliseconds each of COUNT answers took; a COUNT of
 * "first" is the very first one. */
#include "https.h"

#include "base/cleanup.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is slow once only (the page's worker, a cold cache) is not what is measured. */
enum { WARM_UP = 3 };

HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)

/* The same call has answers of the same length; another length is an error's text. What is this
 * program's own to do is done before. */
static bool measure(struct https *https, const char *form, const char *count)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf request = {.max = HTTPS_ANSWER_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf answer = {.max = HTTPS_ANSWER_MAX};
    size_t length = 0;
    bool first = strcmp(count, "first") == 0;
    long end = first ? 1 : atol(count);
    if (!https_request(https, form, &request))
        return false;
    for (long i = first ? 0 : -WARM_UP; i < end; i++) {
        hufu_buf_clear(&answer);
        double start = https_now_ms();
        if (!https_send(https, &request, &answer) || (length && answer.len != length))
            return false;
        if (i >= 0)
            printf("%.4f\n", https_now_ms() - start);
        length = answer.len;
    }
    return true;
}

static bool show(struct https *https, const char *form)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf answer = {.max = HTTPS_ANSWER_MAX};
    return https_post(https, form, &answer) && puts(hufu_buf_text(&answer)) >= 0;
}

int main(int argc, char *argv[])
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf form = {.max = HTTPS_ANSWER_MAX};
    if (argc < 3 || argc > 4 || !https_read_form(&form)) {
        fputs("usage: call PORT CA [COUNT] <FORM\n", stderr);
        return 2;
    }
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = https_context(argv[2]);
    struct https https;
    int socket = https_connect((unsigned short)atoi(argv[1]));
    if (!context || socket < 0 || !https_open(context, socket, &https)) {
        fputs("call: no connection\n", stderr);
        return EXIT_FAILURE;
    }
    const char *text = hufu_buf_text(&form);
    bool done = argc == 4 ? measure(&https, text, argv[3]) : show(&https, text);
    https_close(&https);
    if (!done)
        fputs("call: no answer, or not the expected one\n", stderr);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
