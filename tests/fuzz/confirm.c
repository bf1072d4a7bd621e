#include "service/confirm.h"

#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

struct person {
    size_t answers;
    enum hufu_confirm_answer answer;
};

static void on_answered(void *context, enum hufu_confirm_answer answer, int64_t waited_ms)
{
    struct person *person = context;
    require(answer <= HUFU_CONFIRM_NONE && waited_ms >= 0);
    person->answers++;
    person->answer = answer;
}

/* One OK or ERR for the greeting, and for each of the lines that dress the window. */
static void require_asked(struct hufu_bytes said, enum hufu_confirm_answer answer)
{
    enum { LINES_BEFORE = 6 };
    size_t lines = 0;
    for (size_t i = 0; i < said.len; i++)
        lines += ((const uint8_t *)said.data)[i] == '\n';
    require(answer == HUFU_CONFIRM_NONE || lines > LINES_BEFORE);
    if (answer == HUFU_CONFIRM_YES)
        require(memmem(said.data, said.len, "D qt", 4) != NULL);
}

/* The input is all that a pinentry says before it goes; there is one answer to that, always. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { SAID_MAX = 16 * 1024 };
    static struct event_base *base;
    static const struct hufu_confirm_texts texts = {
        .title = "title", .text = "50%\nof", .yes = "yes", .maybe = "once", .no = "no"};
    struct person person = {0};
    int ends[2];
    struct hufu_bytes said = hufu_bytes_of(data, len < SAID_MAX ? len : SAID_MAX);
    base = base ? base : event_base_new();
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    require(said.len == 0 || write(ends[1], said.data, said.len) == (ssize_t)said.len);
    require(shutdown(ends[1], SHUT_WR) == 0);
    struct hufu_confirm *confirm = hufu_confirm_open(base, ends[0], &texts, on_answered, &person);
    require(confirm && person.answers == 0);
    while (person.answers == 0)
        require(event_base_loop(base, EVLOOP_ONCE) == 0);
    require(person.answers == 1);
    require_asked(said, person.answer);
    hufu_confirm_free(confirm);
    hufu_close(&ends[1]);
    return 0;
}
