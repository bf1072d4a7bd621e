#include "bytes.h"

#include "service/session.h"

#include <stdio.h>

/* Sessions only ask whether there are any. */
struct hufu_job {
    TAILQ_ENTRY(hufu_job) entry;
};

static const struct hufu_product product = {.name = "gpki"};
static const struct hufu_product other_product = {.name = "hca"};
static const char site[] = "https://a.gov.tw";

static struct event_base *base;
static struct hufu_sessions *sessions;
static unsigned ended_count;
static char ended_id[HUFU_NAME_BYTES];

static void on_end(struct hufu_session *session)
{
    ended_count++;
    memcpy(ended_id, session->id, sizeof ended_id);
}

static int setup(void **state)
{
    (void)state;
    ended_count = 0;
    base = event_base_new();
    sessions = base ? hufu_sessions_new(base, on_end) : NULL;
    return sessions ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    hufu_sessions_free(sessions);
    event_base_free(base);
    return 0;
}

static struct hufu_session *open_session(const char *id)
{
    struct hufu_session *session = hufu_session_open(sessions, site, &product, id, 60);
    assert_non_null(session);
    return session;
}

static void is_found_by_all_three_keys(void **state)
{
    (void)state;
    struct hufu_session *session = open_session(NULL);
    const char *id = session->id;
    assert_ptr_equal(hufu_session_find(sessions, site, &product, id, 60), session);
    assert_null(hufu_session_find(sessions, "https://b.gov.tw", &product, id, 60));
    assert_null(hufu_session_find(sessions, "http://a.gov.tw", &product, id, 60));
    assert_null(hufu_session_find(sessions, site, &other_product, id, 60));
    assert_null(hufu_session_find(sessions, site, &product, "", 60));
    assert_null(hufu_session_find(sessions, site, &product, "0", 60));
}

static void keeps_sites_with_the_same_id_apart(void **state)
{
    (void)state;
    struct hufu_session *first = open_session("Chrome");
    assert_null(hufu_session_find(sessions, "https://b.gov.tw", &product, "Chrome", 60));
    struct hufu_session *second =
        hufu_session_open(sessions, "https://b.gov.tw", &product, "Chrome", 60);
    assert_ptr_equal(hufu_session_find(sessions, site, &product, "Chrome", 60), first);
    assert_ptr_equal(hufu_session_find(sessions, "https://b.gov.tw", &product, "Chrome", 60),
                     second);
}

static void ids_are_128_random_bits(void **state)
{
    (void)state;
    enum { DRAWS = 200 };
    char ids[DRAWS][HUFU_SESSION_ID_BYTES];
    unsigned ones = 0;
    for (int i = 0; i < DRAWS; i++) {
        struct hufu_session *session = open_session(NULL);
        assert_int_equal(strlen(session->id), HUFU_SESSION_ID_BYTES - 1);
        assert_int_equal(strspn(session->id, "0123456789abcdef"), HUFU_SESSION_ID_BYTES - 1);
        memcpy(ids[i], session->id, sizeof ids[i]);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(ids[i], ids[other]);
        for (const char *digit = session->id; *digit; digit++)
            ones += (unsigned)__builtin_popcount((unsigned)strtoul((char[]){*digit, 0}, NULL, 16));
    }
    /* Half of 25,600 bits; ten standard deviations of 80 around it. */
    assert_in_range(ones, 12800 - 800, 12800 + 800);
}

static void takes_an_id_that_fits(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *id = repeat('x', HUFU_NAME_BYTES);
    assert_null(hufu_session_open(sessions, site, &product, id, 60));
    struct hufu_session *session = open_session(id + 1);
    assert_ptr_equal(hufu_session_find(sessions, site, &product, id + 1, 60), session);
    assert_string_equal(open_session("")->id, "");
}

static void starts_with_nothing(void **state)
{
    (void)state;
    struct hufu_session *session = open_session(NULL);
    assert_int_equal(session->last_code, 0);
    assert_int_equal(session->memo.len, 0);
    assert_null(session->worker);
    assert_null(session->running);
    hufu_session_close(session);
    assert_int_equal(ended_count, 1);
}

static void fill(void)
{
    for (unsigned i = 0; i < HUFU_SESSIONS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", i);
        open_session(id);
    }
    assert_int_equal(ended_count, 0);
}

static void the_one_quiet_longest_makes_room(void **state)
{
    (void)state;
    struct hufu_job job;
    fill();
    struct hufu_session *busy = hufu_session_find(sessions, site, &product, "1", 60);
    TAILQ_INSERT_TAIL(&busy->jobs, &job, entry);
    for (unsigned i = 0; i < HUFU_SESSIONS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", (i + 1) % HUFU_SESSIONS_MAX); /* 1, 2, ..., 511, 0 */
        assert_non_null(hufu_session_find(sessions, site, &product, id, 60));
    }
    open_session("new"); /* 1 is the oldest but at work */
    assert_int_equal(ended_count, 1);
    assert_string_equal(ended_id, "2");
    assert_null(hufu_session_find(sessions, site, &product, "2", 60));
    assert_non_null(hufu_session_find(sessions, site, &product, "1", 60));
}

static void sessions_at_work_make_no_room(void **state)
{
    (void)state;
    static struct hufu_job jobs[HUFU_SESSIONS_MAX];
    fill();
    assert_false(hufu_sessions_at_work(sessions));
    for (unsigned i = 0; i < HUFU_SESSIONS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", i);
        struct hufu_session *session = hufu_session_find(sessions, site, &product, id, 60);
        TAILQ_INSERT_TAIL(&session->jobs, &jobs[i], entry);
        assert_true(hufu_sessions_at_work(sessions));
    }
    assert_null(hufu_session_open(sessions, site, &product, NULL, 60));
    assert_int_equal(ended_count, 0);
}

/* Seconds until the session ends, as libevent has it. */
static double left(const struct hufu_session *session)
{
    struct timeval now;
    struct timeval end;
    assert_true(event_pending(session->expiry, EV_TIMEOUT, &end));
    gettimeofday(&now, NULL);
    evutil_timersub(&end, &now, &end);
    return (double)end.tv_sec + (double)end.tv_usec / 1e6;
}

static void a_quiet_session_ends(void **state)
{
    (void)state;
    assert_non_null(hufu_session_open(sessions, site, &product, "short", 1));
    open_session("long");
    assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0); /* waits for the first timer: 1 s */
    assert_int_equal(ended_count, 1);
    assert_string_equal(ended_id, "short");
    assert_null(hufu_session_find(sessions, site, &product, "short", 1));
    assert_non_null(hufu_session_find(sessions, site, &product, "long", 1));
}

static void a_session_at_work_does_not_end(void **state)
{
    (void)state;
    struct hufu_job job;
    struct hufu_session *session = hufu_session_open(sessions, site, &product, "busy", 0);
    TAILQ_INSERT_TAIL(&session->jobs, &job, entry);
    assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    assert_int_equal(ended_count, 0);
    assert_true(left(session) > 50);
}

static void use_starts_the_time_anew(void **state)
{
    (void)state;
    struct hufu_session *session = hufu_session_open(sessions, site, &product, "id", 10);
    assert_true(left(session) > 9 && left(session) <= 10.5);
    assert_non_null(hufu_session_find(sessions, site, &product, "id", 100));
    assert_true(left(session) > 99);
}

static void all_end_together(void **state)
{
    (void)state;
    fill();
    hufu_sessions_free(sessions);
    sessions = NULL;
    assert_int_equal(ended_count, HUFU_SESSIONS_MAX);
    hufu_sessions_free(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_found_by_all_three_keys),
        TEST(keeps_sites_with_the_same_id_apart),
        TEST(ids_are_128_random_bits),
        TEST(takes_an_id_that_fits),
        TEST(starts_with_nothing),
        TEST(the_one_quiet_longest_makes_room),
        TEST(sessions_at_work_make_no_room),
        TEST(a_quiet_session_ends),
        TEST(a_session_at_work_does_not_end),
        TEST(use_starts_the_time_anew),
        TEST(all_end_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
