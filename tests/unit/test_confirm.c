/* What pinentry hears and what hufud makes of its answers, over a socket pair. */
#include "bytes.h"

#include "base/clock.h"
#include "service/confirm.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct scene {
    struct event_base *base;
    struct hufu_confirm *confirm;
    int pinentry;
    int answers;
    enum hufu_confirm_answer answer;
};

static void on_answer(void *context, enum hufu_confirm_answer answer, int64_t waited_ms)
{
    struct scene *scene = context;
    assert_true(waited_ms >= 0 && waited_ms < 60000);
    scene->answers++;
    scene->answer = answer;
}

static const struct hufu_confirm_texts plain = {
    .title = "T", .text = "a%b\nc\rd\x1b", .yes = "Y", .maybe = "M", .no = "N"};

static void open_scene(struct scene *scene, const struct hufu_confirm_texts *texts)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *scene = (struct scene){.base = event_base_new(), .pinentry = pair[1]};
    scene->confirm = hufu_confirm_open(scene->base, pair[0], texts, on_answer, scene);
    assert_non_null(scene->confirm);
}

static void close_scene(struct scene *scene)
{
    hufu_confirm_free(scene->confirm);
    event_base_free(scene->base);
    if (scene->pinentry >= 0)
        close(scene->pinentry);
}

static void turn(struct scene *scene)
{
    for (int i = 0; i < 3; i++)
        event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void say(struct scene *scene, const char *text)
{
    assert_int_equal(write(scene->pinentry, text, strlen(text)), strlen(text));
    turn(scene);
}

static void hears(struct scene *scene, const char *expected)
{
    char text[2000] = "";
    ssize_t len = recv(scene->pinentry, text, sizeof text - 1, MSG_DONTWAIT);
    text[len > 0 ? len : 0] = 0;
    assert_string_equal(text, expected);
}

static void talks_line_by_line(void **state)
{
    (void)state;
    static const char *const lines[] = {"SETTITLE T\n", "SETDESC a%25b%0Acd\n", "SETOK Y\n",
                                        "SETNOTOK M\n", "SETCANCEL N\n",        "CONFIRM\n"};
    struct scene scene;
    open_scene(&scene, &plain);
    turn(&scene);
    hears(&scene, "");
    say(&scene, "OK\n");
    hears(&scene, "GETINFO flavor\n");
    say(&scene, "D qt\n");
    hears(&scene, "");
    for (size_t i = 0; i < COUNT(lines); i++) {
        say(&scene, "# a comment\nS status\nO");
        hears(&scene, "");
        say(&scene, i % 2 ? "K\n" : "K ready\n");
        hears(&scene, lines[i]);
        assert_int_equal(scene.answers, 0);
    }
    say(&scene, "OK\n");
    assert_int_equal(scene.answers, 1);
    assert_int_equal(scene.answer, HUFU_CONFIRM_YES);
    close_scene(&scene);
}

/* One that may start on its first button, or have only two. */
static void offers_nothing_for_good_in_other_pinentries(void **state)
{
    (void)state;
    static const char *const lines[] = {"GETINFO flavor\n", "SETTITLE T\n",  "SETDESC a%25b%0Acd\n",
                                        "SETOK M\n",        "SETCANCEL N\n", "CONFIRM\n"};
    static const char *const flavors[] = {"D gnome3\nOK\n", "D qt2\nOK\n", "ERR 1 what?\n"};
    for (size_t i = 0; i < COUNT(flavors); i++) {
        struct scene scene;
        open_scene(&scene, &plain);
        for (size_t j = 0; j < COUNT(lines); j++) {
            say(&scene, j == 1 ? flavors[i] : "OK\n");
            hears(&scene, lines[j]);
        }
        say(&scene, "OK\n");
        assert_int_equal(scene.answers, 1);
        assert_int_equal(scene.answer, HUFU_CONFIRM_MAYBE);
        close_scene(&scene);
    }
}

static const struct {
    const char *line;
    enum hufu_confirm_answer answer;
} answers[] = {
    {"OK\n", HUFU_CONFIRM_YES},
    {"OK done\n", HUFU_CONFIRM_YES},
    {"ERR 83886194 Not confirmed <Pinentry>\n", HUFU_CONFIRM_MAYBE},
    {"ERR 83886179 Operation cancelled <Pinentry>\n", HUFU_CONFIRM_NO},
    {"ERR 83886142 Timeout <Pinentry>\n", HUFU_CONFIRM_NONE},
    {"ERR 83886340 no display\n", HUFU_CONFIRM_NONE},
    {"ERR \n", HUFU_CONFIRM_NONE},
};

static void understands_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct scene scene;
        open_scene(&scene, &plain);
        say(&scene, "OK\nD qt\nOK\nERR 1 no titles here\nOK\nOK\nOK\nOK\n");
        assert_int_equal(scene.answers, 0);
        say(&scene, answers[i].line);
        assert_int_equal(scene.answers, 1);
        assert_int_equal(scene.answer, answers[i].answer);
        close_scene(&scene);
    }
}

static void notices_the_end(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, &plain);
    say(&scene, "OK\nOK");
    close(scene.pinentry);
    scene.pinentry = -1;
    turn(&scene);
    assert_int_equal(scene.answers, 1);
    assert_int_equal(scene.answer, HUFU_CONFIRM_NONE);
    close_scene(&scene);
}

static void gives_up_on_a_line_without_end(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *noise = repeat('x', 1001);
    struct scene scene;
    open_scene(&scene, &plain);
    say(&scene, noise);
    assert_int_equal(scene.answers, 1);
    assert_int_equal(scene.answer, HUFU_CONFIRM_NONE);
    close_scene(&scene);
}

/* Cut between two characters, never within one or within an escape. */
static void cuts_a_text_that_is_too_long(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *text = repeat('%', 2000);
    for (size_t i = 0; i + 3 <= 1998; i += 6)
        memcpy(text + i, "政", 3);
    struct hufu_confirm_texts texts = plain;
    texts.text = text;
    struct scene scene;
    open_scene(&scene, &texts);
    say(&scene, "OK\n");
    hears(&scene, "GETINFO flavor\n");
    say(&scene, "OK\n");
    hears(&scene, "SETTITLE T\n");
    say(&scene, "OK\n");
    char line[2000] = "";
    ssize_t len = recv(scene.pinentry, line, sizeof line - 1, MSG_DONTWAIT);
    assert_in_range(len, 990, 1000);
    assert_int_equal(line[len - 1], '\n');
    assert_true(memcmp(line + len - 4, "政", 3) == 0 || memcmp(line + len - 4, "%25", 3) == 0);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talks_line_by_line),
        cmocka_unit_test(offers_nothing_for_good_in_other_pinentries),
        cmocka_unit_test(understands_answers),
        cmocka_unit_test(notices_the_end),
        cmocka_unit_test(gives_up_on_a_line_without_end),
        cmocka_unit_test(cuts_a_text_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
