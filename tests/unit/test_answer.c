/* What waits for an answer is made up: the connection is not part of it. */
#include "bytes.h"

#include "base/log.h"
#include "service/answer.h"

#include <fcntl.h>
#include <unistd.h>

void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json);
const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange);

static struct hufu_buf replied = {.max = HUFU_SERVISIGN_ANSWER_MAX};
static int replies;

void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json)
{
    (void)exchange;
    replies++;
    hufu_buf_clear(&replied);
    hufu_buf_add(&replied, json.data, json.len);
}

const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange)
{
    (void)exchange;
    return "https://a.gov.tw";
}

static int setup(void **state)
{
    (void)state;
    replies = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hufu_buf_done(&replied);
    return 0;
}

static void answers_once(void **state)
{
    (void)state;
    hufu_answer(NULL, &(struct hufu_servisign_answer){.result = "0", .session = "7d1f0c"});
    assert_int_equal(replies, 1);
    assert_string_equal(hufu_buf_text(&replied),
                        "{\"result\":\"MA==\",\"SessionID\":\"N2QxZjBj\"}");
}

/* A page that gets no JSON takes the answer of its last call for this one. */
static void answers_even_what_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *text = repeat('x', HUFU_SERVISIGN_ANSWER_MAX / 4 * 3);
    hufu_answer(NULL, &(struct hufu_servisign_answer){.result = text});
    assert_int_equal(replies, 1);
    assert_string_equal(hufu_buf_text(&replied), "{\"result\":\"NjEwMDI=\"}"); /* 61002 */
}

static void a_status_is_answered_and_logged(void **state)
{
    (void)state;
    int ends[2];
    char line[200] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    int before = dup(STDERR_FILENO);
    hufu_log_init("hufud");
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    hufu_answer_status(NULL, HUFU_E_SESSION);
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    close(before);
    close(ends[0]);
    close(ends[1]);
    assert_string_equal(line, "hufud: call: origin=https://a.gov.tw status=61012 "
                              "The page's session is not known.\n");
    assert_string_equal(hufu_buf_text(&replied), "{\"result\":\"NjEwMTI=\"}");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_once),
        TEST(answers_even_what_does_not_fit),
        TEST(a_status_is_answered_and_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
