#include "bytes.h"

#include "wire/head.h"

/* What was read, from a copy that the sanitizer watches to the byte. */
struct reading {
    enum hufu_head_state state;
    struct hufu_head head;
    size_t len;
    char *bytes;
};

static struct reading read_bytes(const char *bytes, size_t len)
{
    struct reading reading = {.bytes = (char *)exact_copy(bytes, len)};
    reading.state = hufu_head_read(reading.bytes, len, &reading.head, &reading.len);
    return reading;
}

static enum hufu_head_state state_of(const char *bytes, size_t len)
{
    struct reading reading = read_bytes(bytes, len);
    free(reading.bytes);
    return reading.state;
}

static const char good[] = "POST / HTTP/1.1\r\n"
                           "Host: localhost:56421\r\n"
                           "origin:https://a.gov.tw\r\n"
                           "X-Empty:\r\n"
                           "X-Space: \t a \t b\t \r\n"
                           "X-Bytes: \xe6\x94\xbf\xff\r\n"
                           "!#$%&'*+-.^_`|~09azAZ: token\r\n"
                           "Content-Length: 4\r\n"
                           "\r\n"
                           "body";

static void reads_the_head_and_leaves_the_body(void **state)
{
    (void)state;
    struct reading reading = read_bytes(good, sizeof good - 1);
    const struct hufu_head *head = &reading.head;
    assert_int_equal(reading.state, HUFU_HEAD_DONE);
    assert_int_equal(reading.len, sizeof good - sizeof "body");
    assert_memory_equal(reading.bytes + reading.len, "body", 4);
    assert_string_equal(head->method, "POST");
    assert_string_equal(head->target, "/");
    assert_int_equal(head->header_count, 7);
    assert_string_equal(hufu_head_value(head, "Host"), "localhost:56421");
    assert_string_equal(hufu_head_value(head, "Origin"), "https://a.gov.tw");
    assert_string_equal(hufu_head_value(head, "x-empty"), "");
    assert_string_equal(hufu_head_value(head, "X-Space"), "a \t b");
    assert_string_equal(hufu_head_value(head, "X-Bytes"), "\xe6\x94\xbf\xff");
    assert_string_equal(hufu_head_value(head, "!#$%&'*+-.^_`|~09azAZ"), "token");
    assert_null(hufu_head_value(head, "X"));
    free(reading.bytes);
}

static void waits_for_every_byte_of_it(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof good - sizeof "body"; len++)
        if (state_of(good, len) != HUFU_HEAD_MORE)
            fail_msg("%zu bytes", len);
}

#define START "POST / HTTP/1.1\r\n"
#define HOST  "Host: localhost\r\n"
#define END   "\r\n"

struct vector {
    const char *what;
    const char *bytes;
    size_t len;
};
#define VECTOR(what_, bytes_)                                                                      \
    {                                                                                              \
        .what = (what_), .bytes = (bytes_), .len = sizeof(bytes_) - 1                              \
    }

static const struct vector malformed[] = {
    VECTOR("empty lines first", "\r\n" START HOST END),
    VECTOR("nothing but the end", "\r\n\r\n"),
    VECTOR("HTTP/0.9", "GET /\r\n\r\n"),
    VECTOR("HTTP/1.0", "POST / HTTP/1.0\r\n" HOST END),
    VECTOR("HTTP/1.9", "POST / HTTP/1.9\r\n" HOST END),
    VECTOR("HTTP/1.10", "POST / HTTP/1.10\r\n" HOST END),
    VECTOR("HTTP/01.1", "POST / HTTP/01.1\r\n" HOST END),
    VECTOR("HTTP/2.0", "POST / HTTP/2.0\r\n" HOST END),
    VECTOR("http/1.1", "POST / http/1.1\r\n" HOST END),
    VECTOR("another protocol", "OPTIONS / RTSP/1.0\r\n" HOST END),
    VECTOR("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    VECTOR("no method", " / HTTP/1.1\r\n" HOST END),
    VECTOR("no target", "POST  HTTP/1.1\r\n" HOST END),
    VECTOR("a method that is no token", "PO(ST) / HTTP/1.1\r\n" HOST END),
    VECTOR("two spaces before the target", "POST  / HTTP/1.1\r\n" HOST END),
    VECTOR("two spaces after the target", "POST /  HTTP/1.1\r\n" HOST END),
    VECTOR("a tab in the request line", "POST\t/ HTTP/1.1\r\n" HOST END),
    VECTOR("a space at its end", "POST / HTTP/1.1 \r\n" HOST END),
    VECTOR("a space in the target", "POST /a b HTTP/1.1\r\n" HOST END),
    VECTOR("a target beyond ASCII", "POST /\xe6\x94\xbf HTTP/1.1\r\n" HOST END),
    VECTOR("NUL in the target", "POST /\0 HTTP/1.1\r\n" HOST END),
    VECTOR("NUL in a name", START "Ho\0st: localhost\r\n" END),
    VECTOR("NUL in a value", START "Host: local\0host\r\n" END),
    VECTOR("a bell", START "Host: local\ahost\r\n" END),
    VECTOR("DEL", START "Host: local\x7fhost\r\n" END),
    VECTOR("a bare line feed after the request line", "POST / HTTP/1.1\n" HOST END),
    VECTOR("a bare line feed after a header", START "Host: localhost\n" END),
    VECTOR("a bare line feed in a value", START "Host: a\nX: b\r\n" END),
    VECTOR("a bare line feed at the end", START HOST "\n"),
    VECTOR("a bare carriage return in a value", START "Host: a\rX: b\r\n" END),
    VECTOR("a bare carriage return in a name", START "Ho\rst: a\r\n" END),
    VECTOR("two carriage returns", START "Host: a\r\r\n" END),
    VECTOR("a line that goes on with a space", START "Host: local\r\n host\r\n" END),
    VECTOR("a line that goes on with a tab", START "Host: local\r\n\thost\r\n" END),
    VECTOR("a first header that goes on", START " Host: localhost\r\n" END),
    VECTOR("a space before the colon", START "Host : localhost\r\n" END),
    VECTOR("a tab before the colon", START "Content-Length\t: 5\r\n" END),
    VECTOR("a header without a colon", START "Host\r\n" END),
    VECTOR("a header without a name", START ": localhost\r\n" END),
    VECTOR("a name in quotes", START "\"Host\": localhost\r\n" END),
    VECTOR("a name beyond ASCII", START "H\xc3\xb6st: localhost\r\n" END),
    VECTOR("a chunk in the place of a header", START HOST "5;ext=1\r\nhello\r\n" END),
};

static void refuses_what_others_take(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++)
        if (state_of(malformed[i].bytes, malformed[i].len) != HUFU_HEAD_MALFORMED)
            fail_msg("%s", malformed[i].what);
}

/* Nobody waits for the end of what is wrong already. */
static void refuses_control_bytes_at_once(void **state)
{
    (void)state;
    assert_int_equal(state_of("\x16\x03\x01", 3), HUFU_HEAD_MALFORMED);
    assert_int_equal(state_of("P\n", 2), HUFU_HEAD_MALFORMED);
    assert_int_equal(state_of("P\r ", 3), HUFU_HEAD_MALFORMED);
    assert_int_equal(state_of("P\r", 2), HUFU_HEAD_MORE);
    assert_int_equal(state_of("\0", 1), HUFU_HEAD_MALFORMED);
}

static void takes_other_targets_as_they_are(void **state)
{
    (void)state;
    static const char *const targets[] = {"*", "https://localhost/", "localhost:443", "//",
                                          "/?%00"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = 100};
        hufu_buf_printf(&bytes, "GET %s HTTP/1.1\r\n\r\n", targets[i]);
        struct reading reading = read_bytes((const char *)bytes.data, bytes.len);
        assert_int_equal(reading.state, HUFU_HEAD_DONE);
        assert_string_equal(reading.head.target, targets[i]);
        assert_int_equal(reading.head.header_count, 0);
        free(reading.bytes);
    }
}

/* A head of exactly `len` bytes, then as many as fill the buffer. */
static void put_head(char *bytes, size_t size, size_t len)
{
    static const char start[] = START "X: ";
    static const char end[] = "\r\n\r\n";
    memset(bytes, 'x', size);
    memcpy(bytes, start, sizeof start - 1);
    memcpy(bytes + len - (sizeof end - 1), end, sizeof end - 1);
}

static void takes_as_many_bytes_as_it_says(void **state)
{
    (void)state;
    static char bytes[HUFU_HEADER_BYTES_MAX + 100];
    put_head(bytes, sizeof bytes, HUFU_HEADER_BYTES_MAX);
    assert_int_equal(state_of(bytes, sizeof bytes), HUFU_HEAD_DONE);
    put_head(bytes, sizeof bytes, HUFU_HEADER_BYTES_MAX + 1);
    assert_int_equal(state_of(bytes, HUFU_HEADER_BYTES_MAX), HUFU_HEAD_MORE);
    assert_int_equal(state_of(bytes, HUFU_HEADER_BYTES_MAX + 1), HUFU_HEAD_TOO_LARGE);
    assert_int_equal(state_of(bytes, sizeof bytes), HUFU_HEAD_TOO_LARGE);
}

static enum hufu_head_state state_with_lines(size_t count)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_HEADER_BYTES_MAX};
    hufu_buf_add_text(&bytes, START);
    for (size_t i = 0; i < count; i++)
        hufu_buf_add_text(&bytes, "X: y\r\n");
    hufu_buf_add_text(&bytes, END);
    return state_of((const char *)bytes.data, bytes.len);
}

static void takes_as_many_lines_as_it_says(void **state)
{
    (void)state;
    assert_int_equal(state_with_lines(HUFU_HEADERS_MAX), HUFU_HEAD_DONE);
    assert_int_equal(state_with_lines(HUFU_HEADERS_MAX + 1), HUFU_HEAD_TOO_LARGE);
}

static void knows_how_long_the_body_is(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t length;
    } rows[] = {{"0", 0},
                {"5", 5},
                {"0005", 5},
                {"8388609", 8388609},
                {"18446744073709551615", UINT64_MAX},
                {"18446744073709551616", UINT64_MAX},
                {"99999999999999999999999999999999999999999", UINT64_MAX}};
    struct hufu_head head = {.header_count = 0};
    uint64_t length = 1;
    assert_null(hufu_head_framing(&head, &length));
    assert_int_equal(length, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        head.header_count = 1;
        head.headers[0] = (struct hufu_header){"content-length", rows[i].text};
        assert_null(hufu_head_framing(&head, &length));
        assert_true(length == rows[i].length);
    }
}

static void takes_one_framing_alone(void **state)
{
    (void)state;
    static const struct {
        struct hufu_header headers[2];
        const char *to_blame;
    } rows[] = {
        {{{"Content-Length", "+5"}}, "Content-Length"},
        {{{"Content-Length", "-5"}}, "Content-Length"},
        {{{"Content-Length", "0x5"}}, "Content-Length"},
        {{{"Content-Length", "5 5"}}, "Content-Length"},
        {{{"Content-Length", "5,5"}}, "Content-Length"},
        {{{"Content-Length", "5.0"}}, "Content-Length"},
        {{{"Content-Length", "1e1"}}, "Content-Length"},
        {{{"Content-Length", "\xef\xbc\x95"}}, "Content-Length"},
        {{{"Content-Length", ""}}, "Content-Length"},
        {{{"Content-Length", "5"}, {"Content-Length", "5"}}, "Content-Length"},
        {{{"Content-Length", "5"}, {"content-length", "6"}}, "Content-Length"},
        {{{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, "Transfer-Encoding"},
        {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, "Transfer-Encoding"},
        {{{"transfer-encoding", "identity"}}, "Transfer-Encoding"},
        {{{"Transfer-Encoding", ""}}, "Transfer-Encoding"},
        {{{"TRANSFER-ENCODING", "xchunked"}}, "Transfer-Encoding"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_head head = {.header_count = rows[i].headers[1].name ? 2 : 1};
        uint64_t length = 7;
        memcpy(head.headers, rows[i].headers, sizeof rows[i].headers);
        const char *to_blame = hufu_head_framing(&head, &length);
        if (!to_blame || strcmp(to_blame, rows[i].to_blame) != 0)
            fail_msg("%s: %s", rows[i].headers[0].name, rows[i].headers[0].value);
        assert_int_equal(length, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_head_and_leaves_the_body),
        cmocka_unit_test(waits_for_every_byte_of_it),
        cmocka_unit_test(refuses_what_others_take),
        cmocka_unit_test(refuses_control_bytes_at_once),
        cmocka_unit_test(takes_other_targets_as_they_are),
        cmocka_unit_test(takes_as_many_bytes_as_it_says),
        cmocka_unit_test(takes_as_many_lines_as_it_says),
        cmocka_unit_test(knows_how_long_the_body_is),
        cmocka_unit_test(takes_one_framing_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
