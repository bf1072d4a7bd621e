#include "open/route.h"

#include "fuzz.h"
#include "open/report.h"

#include <stdio.h>

enum { PORT = 43210 };

static const char origin[] = "http://127.0.0.1:43210";
static const char host[] = "127.0.0.1:43210";

static struct hufu_open_files files;
static struct hufu_open_door door = {.port = PORT, .files = &files};

/* A session that corpus and dictionary know. */
static void make_door(void)
{
    struct hufu_buf page = {.max = 16};
    if (files.count > 0)
        return;
    hufu_buf_add_text(&page, "page");
    require(hufu_files_add(&files, "/", "text/html", &page));
    memset(door.session.text, 'a', HUFU_TOKEN_SIZE - 1);
}

static bool has(const struct hufu_head *head, const char *name, const char *value)
{
    const char *found = hufu_head_value(head, name);
    return found && strcmp(found, value) == 0;
}

/* Whatever does something comes from the page itself. */
static void check_action(const struct hufu_head *head, const struct hufu_open_verdict *verdict)
{
    bool post = strcmp(head->method, "POST") == 0;
    require(has(head, "Host", host) && has(head, "Sec-Fetch-Site", "same-origin"));
    require(post == (verdict->action != HUFU_OPEN_STREAM));
    require(has(head, "Origin", origin) || (!post && !hufu_head_value(head, "Origin")));
    require(!post || has(head, "Content-Type", "application/json"));
    require(verdict->action == HUFU_OPEN_ENTER ||
            strstr(hufu_head_value(head, "Cookie"), door.session.text));
}

static void check_head(const struct hufu_head *head)
{
    struct hufu_open_verdict verdict = hufu_open_route(&door, head);
    require(verdict.body_length <= HUFU_OPEN_BODY_MAX);
    if (verdict.action == HUFU_OPEN_REFUSE)
        require(verdict.http_status >= 400 && verdict.why && !verdict.file);
    else if (verdict.action == HUFU_OPEN_FILE)
        require(has(head, "Host", host) && strcmp(verdict.file->target, head->target) == 0);
    else
        check_action(head, &verdict);
}

/* What was made one line stays that. */
static void check_report(const uint8_t *data, size_t len)
{
    struct hufu_buf line = {.max = FUZZ_BYTES_MAX};
    struct hufu_buf again = {.max = FUZZ_BYTES_MAX};
    (void)hufu_report_mends(hufu_bytes_of(data, len), "ports");
    if (hufu_report_line(hufu_bytes_of(data, len), &line)) {
        require(!strpbrk(hufu_buf_text(&line), "\r\n"));
        require(hufu_report_line(hufu_buf_bytes(&line), &again));
        require(strcmp(hufu_buf_text(&line), hufu_buf_text(&again)) == 0);
    }
    hufu_buf_clear(&again);
    if (hufu_report_last(hufu_bytes_of(data, len), 2, &again))
        require(!strpbrk(hufu_buf_text(&again), "\r\n"));
    hufu_buf_done(&line);
    hufu_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) uint8_t *bytes = fuzz_copy(data, len);
    struct hufu_head head;
    size_t head_len = 0;
    make_door();
    check_report(data, len);
    if (hufu_head_read((char *)bytes, len, &head, &head_len) == HUFU_HEAD_DONE)
        check_head(&head);
    return 0;
}
