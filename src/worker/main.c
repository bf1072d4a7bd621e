/* hufu-worker: one page's hands on the cards. It reads calls from descriptor 0 and answers them
 * there, one after another; hufud starts it and ends it. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/monitor.h"
#include "card/pin.h"
#include "component/component.h"
#include "component/memo.h"
#include "component/series.h"
#include "crypto/memory.h"
#include "wire/frame.h"
#include "wire/settings.h"
#include "worker/confinement.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SOCKET = STDIN_FILENO };

/* A frame from here on has a document in it. What is kept is the most that libc lets be. */
enum { DOCUMENT_BYTES = 256 * 1024, KEPT_BYTES_MAX = 32 * 1024 * 1024, REST_AFTER_MS = 200 };

/* --- the socket --- */

static bool read_all(uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t got = read(SOCKET, data, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        data += got;
        len -= (size_t)got;
    }
    return true;
}

static bool write_all(const struct hufu_buf *frame)
{
    for (size_t done = 0; done < frame->len;) {
        ssize_t put = write(SOCKET, frame->data + done, frame->len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        done += (size_t)put;
    }
    return true;
}

static bool read_frame(struct hufu_buf *frame)
{
    uint8_t head[HUFU_FRAME_HEAD];
    size_t len = 0;
    if (!read_all(head, sizeof head) || hufu_frame_length(head, &len, NULL) != HUFU_OK)
        return false;
    hufu_buf_add(frame, head, sizeof head);
    uint8_t *rest = hufu_buf_extend(frame, len - sizeof head);
    return rest && read_all(rest, len - sizeof head);
}

static void tell_dialog(bool open)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    if (hufu_frame_put_dialog(&frame, &(struct hufu_dialog){.open = open}, NULL) == HUFU_OK)
        (void)write_all(&frame); /* when hufud is gone, the next read says so */
}

/* When hufud is gone or says something else, the site has what it had. */
static void ask_scopes(struct hufu_page *page, unsigned scopes)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf ask = {.max = HUFU_FRAME_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf answer = {.max = HUFU_FRAME_MAX};
    struct hufu_scopes grant;
    if (hufu_frame_put_ask(&ask, &(struct hufu_scopes){.scopes = scopes}, NULL) == HUFU_OK &&
        write_all(&ask) && read_frame(&answer) &&
        hufu_frame_get_grant(hufu_buf_bytes(&answer), &grant, NULL) == HUFU_OK)
        page->scopes = grant.scopes;
}

/* --- calls --- */

static void run(struct hufu_page *page, const struct hufu_call *call, struct hufu_buf *text,
                enum hufu_status *ret_status)
{
    struct hufu_error err = {0};
    hufu_log_debug("call: function=%s arguments=%zu", call->function, call->argument_count);
    struct hufu_arguments arguments = {.count = call->argument_count, .values = call->arguments};
    page->origin = call->origin;
    page->version = call->version;
    page->scopes = call->scopes;
    page->may_ask = call->may_ask;
    page->language = strcmp(call->language, "zh-TW") == 0 ? HUFU_LANGUAGE_ZH_TW : HUFU_LANGUAGE_EN;
    enum hufu_status status =
        hufu_component_call(page, call->component, call->function, &arguments, text, &err);
    if (status != HUFU_OK) {
        char line[HUFU_ERROR_DETAIL_MAX * 2];
        hufu_error_format(&err, line, sizeof line);
        hufu_log("%s", line);
    }
    *ret_status = status;
}

/* Some modules never recover from what happened (OpenSC 0.23 not from a pcscd that was started
 * again). Another process does. */
static enum hufu_after after(struct hufu_page *page, enum hufu_status status)
{
    bool doubtful = page->cards && hufu_cards_are_doubtful(page->cards);
    bool replace = status == HUFU_E_NO_DRIVER || (status != HUFU_OK && doubtful);
    if (replace)
        hufu_series_end(page); /* logs out, as far as the card still obeys */
    if (replace)
        return HUFU_AFTER_REPLACE;
    return hufu_series_look(page) < 0 ? HUFU_AFTER_REST : HUFU_AFTER_STAY;
}

static bool answer(struct hufu_page *page, const struct hufu_call *call)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf memo = {.max = HUFU_MEMO_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    enum hufu_status status = HUFU_OK;
    run(page, call, &text, &status);
    hufu_memo_write(page, &memo);
    struct hufu_result result = {.code = hufu_status_code(status),
                                 .scope = hufu_component_scope(call->component, call->function),
                                 .after = after(page, status),
                                 .text = hufu_buf_text(&text),
                                 .memo = hufu_buf_bytes(&memo)};
    return hufu_frame_put_result(&frame, &result, NULL) == HUFU_OK && write_all(&frame);
}

/* What a document takes, ten times its length, the next one finds again: it is 2,500 page faults
 * otherwise. */
static void keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
}

/* It goes back when no call follows at once. */
static void rest(void)
{
    struct pollfd polled = {.fd = SOCKET, .events = POLLIN};
    if (poll(&polled, 1, REST_AFTER_MS) == 0)
        malloc_trim(0);
}

/* A series that nobody goes on with, or that a person stops, ends here, and the card is logged out.
 */
static void wait_for_frame(struct hufu_page *page)
{
    struct pollfd polled[1 + HUFU_SERIES_SOCKETS] = {{.fd = SOCKET, .events = POLLIN}};
    int sockets[HUFU_SERIES_SOCKETS], left_ms = 0;
    while ((left_ms = hufu_series_look(page)) >= 0 && !polled[0].revents) {
        size_t count = hufu_series_sockets(page, sockets);
        for (size_t i = 0; i < count; i++)
            polled[1 + i] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
        (void)poll(polled, (nfds_t)(1 + count), left_ms);
    }
    if (left_ms < 0)
        rest();
}

/* false when hufud closed the socket or said something that it never says. */
static bool serve(struct hufu_page *page)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    struct hufu_call call;
    struct hufu_bytes memo;
    wait_for_frame(page);
    if (!read_frame(&frame))
        return false;
    if (frame.len >= DOCUMENT_BYTES)
        keep_memory();
    if (hufu_frame_get_memo(hufu_buf_bytes(&frame), &memo, NULL) == HUFU_OK)
        return hufu_memo_read(memo, page, NULL) == HUFU_OK;
    return hufu_frame_get_call(hufu_buf_bytes(&frame), &call, NULL) == HUFU_OK &&
           answer(page, &call);
}

/* Before the modules, which are not to be trusted with the right to start programs. */
static struct hufu_monitor *start_monitor(const struct hufu_settings *settings)
{
    static const char *const arguments[] = {"pinentry", NULL};
    const struct hufu_monitor_program programs[] = {
        [HUFU_PIN_PROGRAM] = {settings->pinentry, arguments, .talks_on_stdout = true,
                              .opens_window = true},
    };
    struct hufu_monitor *monitor =
        hufu_monitor_start(programs, sizeof programs / sizeof programs[0]);
    if (!monitor)
        hufu_log("no monitor: %s", strerror(errno));
    return monitor;
}

static int run_worker(const struct hufu_settings *settings)
{
    struct hufu_page page = {.dialog = tell_dialog,
                             .ask = ask_scopes,
                             .monitor = start_monitor(settings),
                             .reader = HUFU_READER_AUTOMATIC,
                             .certificate = {.max = HUFU_CERTIFICATE_MAX}};
    if (!page.monitor)
        return EXIT_FAILURE;
    hufu_worker_confine(settings);
    hufu_cards_preload(); /* while no page waits */
    while (serve(&page))
        continue;
    hufu_series_end(&page);
    hufu_cards_close(page.cards);
    hufu_buf_done(&page.certificate);
    hufu_monitor_free(page.monitor);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    (void)argv;
    struct hufu_settings settings;
    struct hufu_error err = {0};
    hufu_log_init("hufu-worker");
    if (argc != 1 || isatty(SOCKET)) {
        hufu_log("this program is started by hufud");
        return 2;
    }
    if (!hufu_crypto_wipe_memory())
        hufu_log("OpenSSL's memory will not be wiped");
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the end of the socket alone does not stop a module */
    signal(SIGPIPE, SIG_IGN);
    if (hufu_settings_read(&settings, &err) != HUFU_OK)
        hufu_log("configuration: %s", err.detail);
    hufu_log_debugging(settings.debug);
    return run_worker(&settings);
}
