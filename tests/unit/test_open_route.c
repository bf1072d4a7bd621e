#include "unit.h"

#include "open/route.h"

#include <stdio.h>
#include <string.h>

#define ORIGIN "http://127.0.0.1:43210"

struct door {
    struct hufu_open_files files;
    struct hufu_open_door door;
    char cookie[256];
};

static int make_door(void **state)
{
    static struct door door;
    struct hufu_buf page = {.max = 16};
    struct hufu_buf style = {.max = 16};
    door = (struct door){.door = {.port = 43210, .files = &door.files}};
    hufu_buf_add_text(&page, "page");
    hufu_buf_add_text(&style, "style");
    *state = &door;
    if (!hufu_files_add(&door.files, "/", "text/html", &page) ||
        !hufu_files_add(&door.files, "/status.css", "text/css", &style) ||
        !hufu_token_new(&door.door.session))
        return -1;
    snprintf(door.cookie, sizeof door.cookie, "other=1; hufu-open-43210=%s",
             door.door.session.text);
    return 0;
}

static int end_door(void **state)
{
    struct door *door = *state;
    for (size_t i = 0; i < door->files.count; i++)
        hufu_buf_done(&door->files.items[i].content);
    return 0;
}

/* What a browser sends for the page's own script. */
static struct hufu_head own_post(const struct door *door, const char *target)
{
    return (struct hufu_head){.method = "POST",
                              .target = target,
                              .header_count = 7,
                              .headers = {{"Host", "127.0.0.1:43210"},
                                          {"Origin", ORIGIN},
                                          {"Content-Type", "application/json"},
                                          {"Content-Length", "12"},
                                          {"Sec-Fetch-Site", "same-origin"},
                                          {"Sec-Fetch-Mode", "cors"},
                                          {"Cookie", door->cookie}}};
}

/* What it sends for an address that a program opened. */
static struct hufu_head opened(const char *target)
{
    return (struct hufu_head){.method = "GET",
                              .target = target,
                              .header_count = 4,
                              .headers = {{"Host", "127.0.0.1:43210"},
                                          {"Sec-Fetch-Site", "none"},
                                          {"Sec-Fetch-Mode", "navigate"},
                                          {"Sec-Fetch-Dest", "document"}}};
}

/* Gives `name` another value, or takes it out when `value` is NULL. */
static struct hufu_head with(struct hufu_head head, const char *name, const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < head.header_count; i++)
        if (strcmp(head.headers[i].name, name) != 0)
            head.headers[kept++] = head.headers[i];
    if (value)
        head.headers[kept++] = (struct hufu_header){name, value};
    head.header_count = kept;
    return head;
}

static struct hufu_head and_also(struct hufu_head head, const char *name, const char *value)
{
    head.headers[head.header_count++] = (struct hufu_header){name, value};
    return head;
}

static void refused(const struct door *door, struct hufu_head head, int http_status,
                    const char *why)
{
    struct hufu_open_verdict verdict = hufu_open_route(&door->door, &head);
    assert_int_equal(verdict.action, HUFU_OPEN_REFUSE);
    assert_string_equal(verdict.why, why);
    assert_int_equal(verdict.http_status, http_status);
    assert_null(verdict.file);
}

static void serves_a_file_that_is_there(void **state)
{
    const struct door *door = *state;
    struct hufu_head head = opened("/status.css");
    struct hufu_open_verdict verdict = hufu_open_route(&door->door, &head);
    assert_int_equal(verdict.action, HUFU_OPEN_FILE);
    assert_string_equal(verdict.file->type, "text/css");
}

static void serves_nothing_else(void **state)
{
    static const char *const targets[] = {
        "/nothing",
        "/status.css?x",
        "/./status.css",
        "//status.css",
        "/../status.css",
        "/%2e%2e/etc",
        "/status.css/",
        "/STATUS.CSS",
        "/status%2ecss",
        "/status.css%00",
        "/..%2f..%2fetc",
        "/\\..\\etc",
        "http://127.0.0.1:43210/status.css",
        "*",
        "/session",
        "/fix",
        "/restart",
        "/look",
        "../../etc/passwd",
    };
    const struct door *door = *state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        refused(door, opened(targets[i]), 404, "path");
}

static void takes_the_page_s_own_requests(void **state)
{
    const struct door *door = *state;
    static const struct {
        const char *target;
        enum hufu_open_action action;
    } rows[] = {{"/session", HUFU_OPEN_ENTER},
                {"/look", HUFU_OPEN_LOOK},
                {"/fix", HUFU_OPEN_FIX},
                {"/restart", HUFU_OPEN_RESTART}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hufu_head head = own_post(door, rows[i].target);
        struct hufu_open_verdict verdict = hufu_open_route(&door->door, &head);
        assert_int_equal(verdict.action, rows[i].action);
        assert_int_equal(verdict.body_length, 12);
    }
}

static void streams_to_the_page(void **state)
{
    const struct door *door = *state;
    struct hufu_head head = own_post(door, "/stream");
    head.method = "GET";
    head = with(with(with(head, "Content-Length", NULL), "Content-Type", NULL), "Origin", NULL);
    assert_int_equal(hufu_open_route(&door->door, &head).action, HUFU_OPEN_STREAM);
    refused(door, with(head, "Cookie", NULL), 403, "Cookie");
    refused(door, with(head, "Sec-Fetch-Site", "none"), 403, "Origin");
    refused(door, with(head, "Sec-Fetch-Site", NULL), 403, "Origin");
    refused(door, with(head, "Sec-Fetch-Site", "same-site"), 403, "Origin");
    refused(door, with(head, "Sec-Fetch-Mode", "navigate"), 403, "Origin");
    refused(door, and_also(head, "Origin", "http://localhost:43210"), 403, "Origin");
}

static void refuses_every_other_host(void **state)
{
    static const char *const hosts[] = {
        "localhost:43210",
        "127.0.0.1",
        "127.0.0.1:43211",
        "127.0.0.1:043210",
        "evil.example",
        "127.1:43210",
        "[::1]:43210",
        "127.0.0.1:43210.evil.example",
        "",
        "evil.example:43210",
        "0.0.0.0:43210",
        "127.0.0.1:43210:43210",
    };
    const struct door *door = *state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        refused(door, with(own_post(door, "/look"), "Host", hosts[i]), 403, "Host");
        refused(door, with(opened("/"), "Host", hosts[i]), 403, "Host");
    }
    refused(door, with(opened("/"), "Host", NULL), 403, "Host");
    refused(door, and_also(opened("/"), "Host", "127.0.0.1:43210"), 403, "Host");
}

static void changes_nothing_for_another_site(void **state)
{
    static const char *const origins[] = {
        "null",
        "http://localhost:43210",
        "http://127.0.0.1",
        "http://127.0.0.1:43211",
        "https://127.0.0.1:43210",
        "https://evil.example",
        "",
        ORIGIN "/",
        ORIGIN ".evil.example",
    };
    const struct door *door = *state;
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        refused(door, with(own_post(door, "/restart"), "Origin", origins[i]), 403, "Origin");
    refused(door, with(own_post(door, "/restart"), "Origin", NULL), 403, "Origin");
    refused(door, and_also(own_post(door, "/restart"), "Origin", ORIGIN), 403, "Origin");
    static const char *const fetch_sites[] = {"cross-site", "same-site", "none", ""};
    for (size_t i = 0; i < sizeof fetch_sites / sizeof fetch_sites[0]; i++)
        refused(door, with(own_post(door, "/restart"), "Sec-Fetch-Site", fetch_sites[i]), 403,
                "Origin");
    refused(door, with(own_post(door, "/restart"), "Sec-Fetch-Site", NULL), 403, "Origin");
    refused(door, with(own_post(door, "/restart"), "Sec-Fetch-Mode", "navigate"), 403, "Origin");
}

static void changes_nothing_without_the_session(void **state)
{
    const struct door *door = *state;
    refused(door, with(own_post(door, "/fix"), "Cookie", NULL), 403, "Cookie");
    refused(door, with(own_post(door, "/fix"), "Cookie", "hufu-open-43210=0"), 403, "Cookie");
    refused(door, and_also(own_post(door, "/fix"), "Cookie", door->cookie), 403, "Cookie");
    struct hufu_open_door before = door->door;
    memset(&before.session, 0, sizeof before.session);
    struct hufu_head head = with(own_post(door, "/fix"), "Cookie", "hufu-open-43210=");
    assert_int_equal(hufu_open_route(&before, &head).action, HUFU_OPEN_REFUSE);
}

static void takes_no_form(void **state)
{
    static const char *const types[] = {"text/plain", "application/x-www-form-urlencoded",
                                        "multipart/form-data; boundary=x",
                                        "application/json; charset=utf-8", ""};
    const struct door *door = *state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        refused(door, with(own_post(door, "/look"), "Content-Type", types[i]), 415, "Content-Type");
}

static void shows_no_other_site_that_it_is_there(void **state)
{
    const struct door *door = *state;
    refused(door, with(opened("/"), "Sec-Fetch-Site", "cross-site"), 403, "Sec-Fetch-Site");
    refused(door, with(opened("/"), "Sec-Fetch-Site", "same-site"), 403, "Sec-Fetch-Site");
    refused(door, with(opened("/status.css"), "Sec-Fetch-Site", "cross-site"), 403,
            "Sec-Fetch-Site");
    refused(door, and_also(opened("/"), "Origin", "https://evil.example"), 403, "Origin");
    refused(door, with(opened("/"), "Sec-Fetch-Dest", "iframe"), 403, "Sec-Fetch-Dest");
    refused(door, with(opened("/"), "Sec-Fetch-Dest", "frame"), 403, "Sec-Fetch-Dest");
}

static void refuses_other_methods(void **state)
{
    static const char *const methods[] = {"OPTIONS", "HEAD", "PUT", "DELETE", "get", "TRACE"};
    const struct door *door = *state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct hufu_head head = own_post(door, "/restart");
        head.method = methods[i];
        refused(door, head, 405, "method");
    }
}

static void refuses_what_frames_a_body_otherwise(void **state)
{
    const struct door *door = *state;
    refused(door, and_also(own_post(door, "/look"), "Transfer-Encoding", "chunked"), 400,
            "Transfer-Encoding");
    refused(door, and_also(own_post(door, "/look"), "Content-Length", "12"), 400, "Content-Length");
    refused(door, with(own_post(door, "/look"), "Content-Length", "1025"), 413, "Content-Length");
    refused(door, and_also(opened("/"), "Content-Length", "1"), 400, "Content-Length");
    refused(door, and_also(own_post(door, "/look"), "Expect", "100-continue"), 403, "Expect");
    refused(door, and_also(opened("/"), "Service-Worker", "script"), 403, "Service-Worker");
    refused(door, and_also(opened("/"), "Via", "1.1 x"), 403, "Via");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_a_file_that_is_there),
        cmocka_unit_test(serves_nothing_else),
        cmocka_unit_test(takes_the_page_s_own_requests),
        cmocka_unit_test(streams_to_the_page),
        cmocka_unit_test(refuses_every_other_host),
        cmocka_unit_test(changes_nothing_for_another_site),
        cmocka_unit_test(changes_nothing_without_the_session),
        cmocka_unit_test(takes_no_form),
        cmocka_unit_test(shows_no_other_site_that_it_is_there),
        cmocka_unit_test(refuses_other_methods),
        cmocka_unit_test(refuses_what_frames_a_body_otherwise),
    };
    return cmocka_run_group_tests(tests, make_door, end_door);
}
