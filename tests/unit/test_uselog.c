#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "bytes.h"
#include "sites/uselog.h"
#include "wire/scope.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

HUFU_DEFINE_AUTO(struct hufu_uselog *, hufu_uselog_free)

static const char site[] = "https://portal.example.tw";
static const char folder[] = ".local/state/hufu";
static const char file[] = ".local/state/hufu/use.log";
static const char old_file[] = ".local/state/hufu/use.log.1";

static void write_raw(const char *name, const void *text, size_t len)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", home_path(folder));
    assert_int_equal(hufu_folder_make(path, 0700), 0);
    assert_int_equal(hufu_file_write(home_path(name), 0600, hufu_bytes_of(text, len)), 0);
}

static off_t size_of(const char *name)
{
    struct stat info;
    return stat(home_path(name), &info) ? -1 : info.st_size;
}

struct events {
    size_t count;
    struct hufu_use_event last;
};

static void count(void *context, const struct hufu_use_event *event)
{
    struct events *events = context;
    events->count++;
    events->last = *event;
}

static struct events read_all(void)
{
    struct events events = {0};
    assert_int_equal(hufu_uselog_read(count, &events, NULL), HUFU_OK);
    return events;
}

static void keeps_what_was_done(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    for (unsigned use = 0; use < HUFU_USE_COUNT; use++) {
        hufu_uselog_add(log, (enum hufu_use)use, use % 2 ? NULL : site, (int)use * 9000);
        struct events events = read_all();
        assert_int_equal(events.count, use + 1);
        assert_int_equal(events.last.use, use);
        assert_string_equal(events.last.origin, use % 2 ? "" : site);
        assert_int_equal(events.last.code, use * 9000);
    }
    hufu_uselog_add(log, HUFU_USE_COUNT, site, 0);
    hufu_uselog_add(NULL, HUFU_USE_SIGN, site, 0);
    assert_int_equal(read_all().count, HUFU_USE_COUNT);
}

static void is_for_its_owner_only(void **state)
{
    (void)state;
    struct stat info;
    hufu_uselog_free(hufu_uselog_new());
    assert_int_equal(stat(home_path(file), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(home_path(folder), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 2; i++) {
        HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
        hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
        assert_int_equal(read_all().count, i);
    }
}

/* The file may be as long as the limit, and not a byte longer. */
static void starts_anew_when_the_file_is_full(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *noise = repeat('x', HUFU_USELOG_BYTES_MAX);
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    off_t line = size_of(file);
    assert_int_equal(truncate(home_path(file), HUFU_USELOG_BYTES_MAX - line), 0);
    hufu_uselog_add(log, HUFU_USE_READ, site, 0);
    assert_int_equal(size_of(file), HUFU_USELOG_BYTES_MAX);
    assert_int_equal(size_of(old_file), -1);
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(size_of(file), line);
    assert_int_equal(size_of(old_file), HUFU_USELOG_BYTES_MAX);
    write_raw(file, noise, HUFU_USELOG_BYTES_MAX);
    hufu_uselog_free(log);
    log = hufu_uselog_new();
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(size_of(file), line);
    assert_int_equal(read_all().count, 1); /* one old file, not two */
}

static void a_removed_file_is_made_again(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    assert_int_equal(unlink(home_path(file)), 0);
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(read_all().count, 1);
}

/* Writes events where that is not possible; returns what was logged about it. */
static size_t complaints(struct hufu_uselog *log, char *ret_text, size_t size)
{
    int pipe_ends[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    dup2(saved, STDERR_FILENO);
    ssize_t len = read(pipe_ends[0], ret_text, size - 1);
    ret_text[len > 0 ? len : 0] = 0;
    close(saved);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    size_t lines = 0;
    for (const char *c = ret_text; *c; c++)
        lines += *c == '\n';
    return lines;
}

static void a_folder_that_cannot_be_made_is_told_once(void **state)
{
    (void)state;
    char text[512];
    setenv("XDG_STATE_HOME", "/proc/none", 1);
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    assert_non_null(log);
    assert_int_equal(complaints(log, text, sizeof text), 0); /* told at the start */
    unsetenv("XDG_STATE_HOME");
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(read_all().count, 1);
}

/* A limit on the file's size stands for a disk that is full in the middle of a line. */
static void a_full_disk_is_told_once(void **state)
{
    (void)state;
    char text[512];
    struct rlimit limit;
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    off_t size = size_of(file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit full = {.rlim_cur = (rlim_t)size + 10, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    size_t lines = complaints(log, text, sizeof text);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(text, "use log"));
    assert_int_equal(size_of(file), size); /* no half line */
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(read_all().count, 2);
}

static void a_link_is_not_followed(void **state)
{
    (void)state;
    write_raw(file, "", 0);
    assert_int_equal(unlink(home_path(file)), 0);
    char target[PATH_MAX];
    snprintf(target, sizeof target, "%s", home_path("target"));
    assert_int_equal(symlink(target, home_path(file)), 0);
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    hufu_uselog_add(log, HUFU_USE_SIGN, site, 0);
    assert_int_equal(access(target, F_OK), -1);
}

static const char *const no_events[] = {
    "",
    " ",
    "2026-11-24T14:03:05+08:00",
    "2026-11-24T14:03:05+08:00 sign",
    "2026-11-24T14:03:05+08:00 sign https://a.tw",
    "2026-11-24T14:03:05+08:00 sign https://a.tw ",
    "2026-11-24T14:03:05+08:00 sign https://a.tw 0 ",
    "2026-11-24T14:03:05+08:00 sign https://a.tw 0 0",
    "2026-11-24T14:03:05+08:00  sign https://a.tw 0",
    " 2026-11-24T14:03:05+08:00 sign https://a.tw 0",
    "2026-11-24T14:03:05 sign https://a.tw 0",
    "2026-11-24T14:03:05Z sign https://a.tw 0",
    "2026-11-24T14:03:05+08:001 sign https://a.tw 0",
    "2026-11-24\tT14:03:05+8:00 sign https://a.tw 0",
    "2026-11-24T14:03:05+08:00 SIGN https://a.tw 0",
    "2026-11-24T14:03:05+08:00 steal https://a.tw 0",
    "2026-11-24T14:03:05+08:00 aaaaaaaaaaaaaaaaaaaaaaaaaaaa https://a.tw 0",
    "2026-11-24T14:03:05+08:00 sign https://a.tw/ 0",
    "2026-11-24T14:03:05+08:00 sign \033[2J 0",
    "2026-11-24T14:03:05+08:00 sign https://a.tw -1",
    "2026-11-24T14:03:05+08:00 sign https://a.tw +1",
    "2026-11-24T14:03:05+08:00 sign https://a.tw 0x1",
    "2026-11-24T14:03:05+08:00 sign https://a.tw 100000",
    "2026-11-24T14:03:05+08:00 sign https://a.tw 99999999999999999999",
};

static void a_line_that_is_none_is_skipped(void **state)
{
    (void)state;
    struct hufu_use_event event;
    for (size_t i = 0; i < COUNT(no_events); i++)
        if (hufu_uselog_parse(no_events[i], &event))
            fail_msg("%s", no_events[i]);
    assert_true(hufu_uselog_parse("2026-11-24T14:03:05-03:30 sign https://a.tw 99999", &event));
}

static void bounds_the_origin(void **state)
{
    (void)state;
    struct hufu_use_event event;
    HUFU_AUTO(hufu_free) char *longer = repeat('a', HUFU_ORIGIN_MAX + 1);
    char line[1000];
    snprintf(line, sizeof line, "2026-11-24T14:03:05+08:00 sign %s 0", longer);
    assert_false(hufu_uselog_parse(line, &event));
    HUFU_AUTO(hufu_uselog_free_auto) struct hufu_uselog *log = hufu_uselog_new();
    hufu_uselog_add(log, HUFU_USE_SIGN, longer + 1, 0);
    assert_true(size_of(file) > HUFU_ORIGIN_MAX);
}

static void reads_what_is_whole(void **state)
{
    (void)state;
    static const char text[] = "half a line\n"
                               "2026-11-24T14:03:05+08:00 sign https://a.tw 0\n"
                               "2026-11-24T14:03:05+08:00 sign\0 https://a.tw 0\n"
                               "\n\0\n\xff\xfe\n"
                               "2026-11-24T14:03:06+08:00 read https://b.tw 9056\n"
                               "2026-11-24T14:03:07+08:00 sign https://a.tw 0";
    write_raw(file, text, sizeof text - 1);
    struct events events = read_all();
    assert_int_equal(events.count, 2);
    assert_string_equal(events.last.time, "2026-11-24T14:03:06+08:00");
}

static void reads_the_old_file_first(void **state)
{
    (void)state;
    static const char early[] = "2026-11-24T14:03:05+08:00 sign https://a.tw 0\n";
    static const char late[] = "2026-11-25T14:03:05+08:00 read https://a.tw 0\n";
    write_raw(old_file, early, sizeof early - 1);
    write_raw(file, late, sizeof late - 1);
    struct events events = read_all();
    assert_int_equal(events.count, 2);
    assert_int_equal(events.last.use, HUFU_USE_READ);
}

static void no_file_is_no_event_and_a_large_one_an_error(void **state)
{
    (void)state;
    struct events events = read_all();
    assert_int_equal(events.count, 0);
    HUFU_AUTO(hufu_free) char *noise = repeat('\n', HUFU_USELOG_BYTES_MAX + 1);
    write_raw(file, noise, HUFU_USELOG_BYTES_MAX);
    assert_int_equal(hufu_uselog_read(count, &events, NULL), HUFU_OK);
    write_raw(file, noise, HUFU_USELOG_BYTES_MAX + 1);
    assert_int_equal(hufu_uselog_read(count, &events, NULL), HUFU_E_GENERAL);
}

static void a_use_is_the_gravest_scope(void **state)
{
    (void)state;
    assert_int_equal(hufu_use_of_scopes(0), HUFU_USE_COUNT);
    assert_int_equal(hufu_use_of_scopes(HUFU_SCOPE_SEE), HUFU_USE_SEE);
    assert_int_equal(hufu_use_of_scopes(HUFU_SCOPE_READ | HUFU_SCOPE_SEE), HUFU_USE_READ);
    assert_int_equal(hufu_use_of_scopes(HUFU_SCOPE_PIN | HUFU_SCOPE_READ), HUFU_USE_PIN);
    assert_int_equal(hufu_use_of_scopes(HUFU_SCOPE_SIGN | HUFU_SCOPE_PIN), HUFU_USE_SIGN);
    assert_int_equal(hufu_use_of_scopes(HUFU_SCOPES_ALL), HUFU_USE_DECRYPT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_was_done),
        TEST(is_for_its_owner_only),
        TEST(goes_on_after_a_restart),
        TEST(starts_anew_when_the_file_is_full),
        TEST(a_removed_file_is_made_again),
        TEST(a_folder_that_cannot_be_made_is_told_once),
        TEST(a_full_disk_is_told_once),
        TEST(a_link_is_not_followed),
        TEST(a_line_that_is_none_is_skipped),
        TEST(bounds_the_origin),
        TEST(reads_what_is_whole),
        TEST(reads_the_old_file_first),
        TEST(no_file_is_no_event_and_a_large_one_an_error),
        TEST(a_use_is_the_gravest_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
