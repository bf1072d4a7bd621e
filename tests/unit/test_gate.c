#include "bytes.h"

#include "service/gate.h"

static enum hufu_permit permit(void *context, const char *origin)
{
    (void)context;
    if (strcmp(origin, "https://a.gov.tw") == 0 || strcmp(origin, "http://127.0.0.1:3000") == 0)
        return HUFU_PERMIT_YES;
    return strcmp(origin, "https://new.gov.tw") == 0 ? HUFU_PERMIT_UNKNOWN : HUFU_PERMIT_NO;
}

/* What a browser sends for an allowed page. */
static struct hufu_head good_head(void)
{
    return (struct hufu_head){.method = "POST",
                              .target = "/",
                              .port = 56421,
                              .header_count = 7,
                              .headers = {{"Host", "localhost:56421"},
                                          {"Origin", "https://a.gov.tw"},
                                          {"Content-Type", "application/x-www-form-urlencoded"},
                                          {"Content-Length", "12"},
                                          {"Referer", "https://a.gov.tw/"},
                                          {"Sec-Fetch-Site", "cross-site"},
                                          {"Sec-Fetch-Mode", "cors"}}};
}

/* Gives `name` another value, or takes it out when `value` is NULL. */
static void set_header(struct hufu_head *head, const char *name, const char *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < head->header_count; i++)
        if (strcmp(head->headers[i].name, name) != 0)
            head->headers[kept++] = head->headers[i];
    if (value)
        head->headers[kept++] = (struct hufu_header){name, value};
    head->header_count = kept;
}

static void add_header(struct hufu_head *head, const char *name, const char *value)
{
    head->headers[head->header_count++] = (struct hufu_header){name, value};
}

static void passes_a_page_that_is_allowed(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.gate, HUFU_GATE_PASS);
    assert_int_equal(verdict.http_status, 200);
    assert_string_equal(verdict.origin, "https://a.gov.tw");
    assert_int_equal(verdict.body_length, 12);
}

static void answers_a_preflight(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    head.method = "OPTIONS";
    set_header(&head, "Content-Type", NULL);
    set_header(&head, "Content-Length", NULL);
    add_header(&head, "Access-Control-Request-Method", "POST");
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.gate, HUFU_GATE_OPTIONS);
    assert_int_equal(verdict.http_status, 204);
    assert_string_equal(verdict.origin, "https://a.gov.tw");
    set_header(&head, "Origin", "https://b.gov.tw");
    verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.gate, HUFU_GATE_REFUSE);
    assert_null(verdict.origin);
}

/* Only a call opens a window; everything else of a new site is refused as if it was refused. */
static void asks_about_a_new_site(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    set_header(&head, "Origin", "https://new.gov.tw");
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.gate, HUFU_GATE_ASK);
    assert_string_equal(verdict.origin, "https://new.gov.tw");
    struct hufu_head others[] = {head, head, head, head};
    others[0].method = "OPTIONS";
    others[1].target = "/x";
    set_header(&others[2], "Content-Type", "text/plain");
    set_header(&others[3], "Sec-Fetch-Mode", "navigate");
    for (size_t i = 0; i < COUNT(others); i++) {
        verdict = hufu_gate_check(permit, NULL, &others[i]);
        assert_int_equal(verdict.gate, HUFU_GATE_REFUSE);
        assert_int_equal(verdict.http_status, 403);
        assert_null(verdict.origin);
    }
}

/* What a port forwarder makes of a request is told to a site that was agreed to, and to no other.
 */
static void tells_of_a_port_forwarder(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    set_header(&head, "Host", "localhost:8443");
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.gate, HUFU_GATE_EXPLAIN);
    assert_int_equal(verdict.reason, HUFU_E_NOT_HERE);
    assert_int_equal(verdict.http_status, 403);
    assert_string_equal(verdict.origin, "https://a.gov.tw");
    struct hufu_head others[] = {head, head, head, head, head};
    set_header(&others[0], "Origin", "https://new.gov.tw");
    set_header(&others[1], "Origin", "https://b.gov.tw");
    set_header(&others[2], "Sec-Fetch-Mode", "navigate");
    others[3].method = "OPTIONS";
    set_header(&others[3], "Content-Length", NULL);
    set_header(&others[4], "Host", "evil.test:8443");
    for (size_t i = 0; i < COUNT(others); i++) {
        verdict = hufu_gate_check(permit, NULL, &others[i]);
        assert_int_equal(verdict.gate, HUFU_GATE_REFUSE);
        assert_null(verdict.origin);
    }
}

struct row {
    const char *name;
    const char *value; /* NULL: the header is missing */
    enum hufu_gate gate;
};

/* A good request in which one header is another. */
static const struct row replaced[] = {
    {"Host", "127.0.0.1:56421", HUFU_GATE_PASS},
    {"Host", "[::1]:56421", HUFU_GATE_PASS},
    {"Host", NULL, HUFU_GATE_REFUSE},
    {"Host", "", HUFU_GATE_REFUSE},
    {"Host", "localhost", HUFU_GATE_EXPLAIN},
    {"Host", "localhost:56422", HUFU_GATE_EXPLAIN},
    {"Host", "localhost:056421", HUFU_GATE_REFUSE},
    {"Host", "evil.test:56421", HUFU_GATE_REFUSE},
    {"Origin", "http://127.0.0.1:3000", HUFU_GATE_PASS},
    {"Origin", NULL, HUFU_GATE_REFUSE},
    {"Origin", "", HUFU_GATE_REFUSE},
    {"Origin", "null", HUFU_GATE_REFUSE},
    {"Origin", "https://b.gov.tw", HUFU_GATE_REFUSE},
    {"Origin", "http://a.gov.tw", HUFU_GATE_REFUSE},
    {"Origin", "https://a.gov.tw:443", HUFU_GATE_REFUSE},
    {"Origin", "https://a.gov.tw:444", HUFU_GATE_REFUSE},
    {"Origin", "https://A.gov.tw", HUFU_GATE_REFUSE},
    {"Origin", "https://xa.gov.tw", HUFU_GATE_REFUSE},
    {"Origin", "https://a.gov.tw.evil.com", HUFU_GATE_REFUSE},
    {"Origin", "https://a.gov.tw, https://b.gov.tw", HUFU_GATE_REFUSE},
    {"Origin", "https://localhost:56421", HUFU_GATE_REFUSE},
    {"Content-Length", "0", HUFU_GATE_PASS},
    {"Content-Length", NULL, HUFU_GATE_PASS}, /* a body of nothing */
    {"Content-Length", "", HUFU_GATE_REFUSE},
    {"Content-Length", "+12", HUFU_GATE_REFUSE},
    {"Content-Length", "-12", HUFU_GATE_REFUSE},
    {"Content-Length", "0x12", HUFU_GATE_REFUSE},
    {"Content-Length", "12, 12", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", NULL, HUFU_GATE_PASS}, /* Safari and old browsers */
    {"Sec-Fetch-Mode", "navigate", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", "no-cors", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", "websocket", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", "CORS", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", "", HUFU_GATE_REFUSE},
    {"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8", HUFU_GATE_PASS},
    {"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8", HUFU_GATE_PASS},
    {"Content-Type", "Application/X-WWW-Form-Urlencoded", HUFU_GATE_PASS},
    {"Content-Type", NULL, HUFU_GATE_EXPLAIN},
    {"Content-Type", "", HUFU_GATE_EXPLAIN},
    {"Content-Type", "text/plain", HUFU_GATE_EXPLAIN},
    {"Content-Type", "multipart/form-data; boundary=x", HUFU_GATE_EXPLAIN},
    {"Content-Type", "application/json", HUFU_GATE_EXPLAIN},
    {"Content-Type", "application/x-www-form-urlencodedx", HUFU_GATE_EXPLAIN},
    {"Content-Type", "text/plain; application/x-www-form-urlencoded", HUFU_GATE_EXPLAIN},
};

static void looks_at_each_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replaced); i++) {
        struct hufu_head head = good_head();
        set_header(&head, replaced[i].name, replaced[i].value);
        struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
        if (verdict.gate != replaced[i].gate)
            fail_msg("%s: %s", replaced[i].name, replaced[i].value ? replaced[i].value : "none");
        if (verdict.gate != HUFU_GATE_PASS)
            assert_string_equal(verdict.why, replaced[i].name);
    }
}

/* A good request with one header more. */
static const struct row added[] = {
    {"Cookie", "a=b", HUFU_GATE_PASS},
    {"Accept", "*/*", HUFU_GATE_PASS},
    {"Via", "1.1 proxy", HUFU_GATE_REFUSE},
    {"via", "", HUFU_GATE_REFUSE},
    {"Forwarded", "for=1.2.3.4", HUFU_GATE_REFUSE},
    {"X-Forwarded-For", "1.2.3.4", HUFU_GATE_REFUSE},
    {"Upgrade", "websocket", HUFU_GATE_REFUSE},
    {"Transfer-Encoding", "chunked", HUFU_GATE_REFUSE},
    {"TRANSFER-ENCODING", "identity", HUFU_GATE_REFUSE},
    {"Content-Encoding", "gzip", HUFU_GATE_REFUSE},
    {"Service-Worker", "script", HUFU_GATE_REFUSE},
    {"Expect", "100-continue", HUFU_GATE_REFUSE},
    {"Host", "localhost:56421", HUFU_GATE_REFUSE},
    {"host", "localhost:56421", HUFU_GATE_REFUSE},
    {"Origin", "https://a.gov.tw", HUFU_GATE_REFUSE},
    {"Content-Length", "12", HUFU_GATE_REFUSE},
    {"Content-Type", "application/x-www-form-urlencoded", HUFU_GATE_REFUSE},
    {"Sec-Fetch-Mode", "cors", HUFU_GATE_REFUSE},
};

static void refuses_headers_that_do_not_belong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(added); i++) {
        struct hufu_head head = good_head();
        add_header(&head, added[i].name, added[i].value);
        struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
        if (verdict.gate != added[i].gate)
            fail_msg("%s: %s", added[i].name, added[i].value);
    }
}

static void refuses_what_frames_a_body_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *length;
        int http_status;
    } rows[] = {{"8388608", 200}, {"8388609", 413}, {"99999999999999999999", 413}, {"+12", 400}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_head head = good_head();
        set_header(&head, "Content-Length", rows[i].length);
        assert_int_equal(hufu_gate_check(permit, NULL, &head).http_status, rows[i].http_status);
    }
    struct hufu_head head = good_head();
    add_header(&head, "Transfer-Encoding", "chunked");
    assert_int_equal(hufu_gate_check(permit, NULL, &head).http_status, 400);
    head = good_head();
    head.method = "OPTIONS";
    assert_int_equal(hufu_gate_check(permit, NULL, &head).http_status, 403);
    set_header(&head, "Content-Length", "0");
    assert_int_equal(hufu_gate_check(permit, NULL, &head).http_status, 204);
}

static void a_refusal_tells_nothing(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    set_header(&head, "Origin", "https://b.gov.tw");
    struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
    assert_int_equal(verdict.http_status, 403);
    assert_int_equal(verdict.reason, HUFU_OK);
    assert_null(verdict.origin);
}

/* So that the log can tell a person what to allow; a broken one is not worth a line. */
static void names_a_page_that_could_be_allowed(void **state)
{
    (void)state;
    struct hufu_head head = good_head();
    assert_null(hufu_gate_check(permit, NULL, &head).unknown);
    set_header(&head, "Origin", "https://b.gov.tw");
    assert_string_equal(hufu_gate_check(permit, NULL, &head).unknown, "https://b.gov.tw");
    set_header(&head, "Origin", "https://b.gov.tw/");
    assert_null(hufu_gate_check(permit, NULL, &head).unknown);
    set_header(&head, "Origin", "null");
    assert_null(hufu_gate_check(permit, NULL, &head).unknown);
}

static void explains_other_methods(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "CONNECT", "post", ""};
    for (size_t i = 0; i < COUNT(methods); i++) {
        struct hufu_head head = good_head();
        head.method = methods[i];
        struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
        assert_int_equal(verdict.gate, HUFU_GATE_EXPLAIN);
        assert_int_equal(verdict.http_status, 405);
        assert_int_equal(verdict.reason, HUFU_E_CALL);
        assert_null(verdict.origin); /* nobody was let in: no CORS header either */
    }
}

static void explains_other_paths_to_pages_that_are_allowed(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "", "/x", "//", "/?x", "/.", "*", "https://localhost:56421/", "/..%2f"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct hufu_head head = good_head();
        head.target = targets[i];
        struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
        assert_int_equal(verdict.gate, HUFU_GATE_EXPLAIN);
        assert_int_equal(verdict.http_status, 404);
        assert_string_equal(verdict.origin, "https://a.gov.tw");
        set_header(&head, "Origin", "https://b.gov.tw");
        assert_int_equal(hufu_gate_check(permit, NULL, &head).gate, HUFU_GATE_REFUSE);
    }
}

/* The path of events has content types and a length of its own, and opens no window. */
static void events_have_their_own_rules(void **state)
{
    static const struct {
        const char *type;
        const char *length;
        int http_status;
    } rows[] = {
        {"text/plain", "12", 200},
        {"text/plain;charset=UTF-8", "256", 200},
        {"application/json", "0", 200},
        {"text/plain", "257", 413},
        {"text/plainer", "12", 415},
        {"application/x-www-form-urlencoded", "12", 415},
        {NULL, "12", 415},
    };
    (void)state;
    struct hufu_head head = good_head();
    head.target = "/v1/events";
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_header(&head, "Content-Type", rows[i].type);
        set_header(&head, "Content-Length", rows[i].length);
        struct hufu_verdict verdict = hufu_gate_check(permit, NULL, &head);
        assert_int_equal(verdict.http_status, rows[i].http_status);
        assert_true(rows[i].http_status != 200 || verdict.target == HUFU_TARGET_EVENTS);
    }
    set_header(&head, "Content-Type", "text/plain");
    set_header(&head, "Content-Length", "12");
    set_header(&head, "Origin", "https://new.gov.tw");
    assert_int_equal(hufu_gate_check(permit, NULL, &head).gate, HUFU_GATE_REFUSE);
    set_header(&head, "Sec-Fetch-Mode", "navigate"); /* as a form with enctype text/plain */
    set_header(&head, "Origin", "https://a.gov.tw");
    assert_int_equal(hufu_gate_check(permit, NULL, &head).gate, HUFU_GATE_REFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_a_page_that_is_allowed),
        cmocka_unit_test(answers_a_preflight),
        cmocka_unit_test(asks_about_a_new_site),
        cmocka_unit_test(tells_of_a_port_forwarder),
        cmocka_unit_test(looks_at_each_header),
        cmocka_unit_test(refuses_headers_that_do_not_belong),
        cmocka_unit_test(refuses_what_frames_a_body_otherwise),
        cmocka_unit_test(a_refusal_tells_nothing),
        cmocka_unit_test(names_a_page_that_could_be_allowed),
        cmocka_unit_test(explains_other_methods),
        cmocka_unit_test(explains_other_paths_to_pages_that_are_allowed),
        cmocka_unit_test(events_have_their_own_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
