#include "bytes.h"

#include "service/response.h"

static const char json[] = "{\"result\":\"MA==\"}";

static struct hufu_buf put(const struct hufu_response *response)
{
    struct hufu_buf buf = {.max = HUFU_RESPONSE_HEAD_MAX + sizeof json};
    hufu_response_put(&buf, response);
    assert_false(buf.failed);
    return buf;
}

static bool has(const struct hufu_buf *buf, const char *text)
{
    return strstr(hufu_buf_text(buf), text) != NULL;
}

static void carries_the_same_headers_always(void **state)
{
    (void)state;
    static const int statuses[] = {200, 204, 400, 403, 404, 405, 413, 415, 431, 503, 999};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        HUFU_AUTO(hufu_buf_done)
        struct hufu_buf buf = put(&(struct hufu_response){.http_status = statuses[i]});
        assert_true(has(&buf, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
        assert_true(has(&buf, "\r\nCache-Control: no-store\r\n"));
        assert_true(has(&buf, "\r\nX-Content-Type-Options: nosniff\r\n"));
        assert_true(has(&buf, "\r\nContent-Security-Policy: default-src 'none'; sandbox;"));
        assert_true(has(&buf, "\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
        assert_true(has(&buf, "\r\nVary: Origin\r\n"));
        assert_true(has(&buf, "\r\nContent-Length: 0\r\n"));
        assert_false(has(&buf, "Access-Control"));
        assert_false(has(&buf, "html"));
        assert_false(has(&buf, "Server"));
    }
}

static void lets_one_origin_read(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done)
    struct hufu_buf buf = put(&(struct hufu_response){
        .http_status = 200,
        .origin = "https://a.gov.tw",
        .json = hufu_bytes_of(json, sizeof json - 1),
    });
    assert_memory_equal(buf.data, "HTTP/1.1 200 OK\r\n", 17);
    assert_true(has(&buf, "\r\nAccess-Control-Allow-Origin: https://a.gov.tw\r\n"));
    assert_true(has(&buf, "GMT\r\nContent-Length: 17\r\n\r\n{\"result\":\"MA==\"}"));
    assert_false(has(&buf, "Connection"));
    assert_false(has(&buf, "Access-Control-Allow-Methods"));
}

static void leaves_out_what_must_not_be_there(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done)
    struct hufu_buf preflight = put(&(struct hufu_response){
        .http_status = 204, .origin = "https://a.gov.tw", .preflight = true, .close = true});
    assert_true(has(&preflight, "\r\nConnection: close\r\n"));
    assert_true(has(&preflight, "\r\nAccess-Control-Allow-Methods: POST\r\n"));
    assert_false(has(&preflight, "Private-Network"));
    assert_false(has(&preflight, "Content-Length"));
    HUFU_AUTO(hufu_buf_done)
    struct hufu_buf head = put(&(struct hufu_response){
        .http_status = 405, .json = hufu_bytes_of(json, sizeof json - 1), .without_body = true});
    assert_false(has(&head, "result"));
    assert_false(has(&head, "Content-Length"));
    assert_memory_equal(head.data + head.len - 4, "\r\n\r\n", 4);
}

static void has_room_for_the_longest_origin(void **state)
{
    (void)state;
    char origin[HUFU_RESPONSE_HEAD_MAX / 2];
    memset(origin, 'a', sizeof origin - 1);
    origin[sizeof origin - 1] = 0;
    HUFU_AUTO(hufu_buf_done)
    struct hufu_buf buf = put(&(struct hufu_response){.http_status = 204,
                                                      .origin = origin,
                                                      .preflight = true,
                                                      .private_network = true,
                                                      .close = true});
    assert_true(has(&buf, origin));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_the_same_headers_always),
        cmocka_unit_test(lets_one_origin_read),
        cmocka_unit_test(leaves_out_what_must_not_be_there),
        cmocka_unit_test(has_room_for_the_longest_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
