/* hufu card [--json] [--follow] */
#include "base/cleanup.h"
#include "card/pcsc.h"
#include "cli/cli.h"
#include "cli/print.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_pcsc *, hufu_pcsc_free)

/* All readers, each with a name that JSON makes six times as long. */
enum { OUTPUT_MAX = HUFU_PCSC_READERS_MAX * (8 * HUFU_PCSC_NAME_SIZE) };

enum condition { FREE, NO_CARD, MUTE, HELD, BROKEN, CONDITION_COUNT };

struct words {
    const char *usage;
    const char *conditions[CONDITION_COUNT];
    const char *held_by; /* then a program */
    const char *held_end;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu card [--json] [--follow]\n\n"
                     "  --json      answer as JSON, for programs\n"
                     "  --follow    answer again after each change, until it is ended\n",
            .conditions = {[FREE] = "a card",
                           [NO_CARD] = "no card",
                           [MUTE] = "a card that does not answer",
                           [HELD] = "a card, held by another program",
                           [BROKEN] = "the reader does not answer"},
            .held_by = "a card, held by ",
            .held_end = "",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu card [--json] [--follow]\n\n"
                     "  --json      以 JSON 輸出，供程式使用\n"
                     "  --follow    每次有變化就再輸出，直到結束程式\n",
            .conditions = {[FREE] = "有卡片",
                           [NO_CARD] = "沒有卡片",
                           [MUTE] = "卡片沒有回應",
                           [HELD] = "卡片由其他程式獨占",
                           [BROKEN] = "讀卡機沒有回應"},
            .held_by = "卡片由 ",
            .held_end = " 獨占",
        },
};

static enum condition condition_of(const struct hufu_pcsc_reader *reader)
{
    if (reader->unavailable)
        return BROKEN;
    if (!reader->card_present)
        return NO_CARD;
    return reader->mute ? MUTE : reader->exclusive ? HELD : FREE;
}

/* What keeps cards from being used: nothing as long as one can be. Else that of the reader which
 * needs the least to be done. */
static enum hufu_status trouble_of(const struct hufu_pcsc_state *state)
{
    static const enum hufu_status statuses[] = {
        [FREE] = HUFU_OK,           [HELD] = HUFU_E_CARD_BUSY, [MUTE] = HUFU_E_UNKNOWN_CARD,
        [NO_CARD] = HUFU_E_NO_CARD, [BROKEN] = HUFU_E_DEVICE,
    };
    static const enum condition order[] = {FREE, HELD, MUTE, NO_CARD, BROKEN};
    if (state->service != HUFU_PCSC_RUNNING)
        return hufu_pcsc_service_status(state->service);
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        for (size_t i = 0; i < state->count; i++)
            if (condition_of(&state->readers[i]) == order[k])
                return statuses[order[k]];
    return HUFU_E_NO_READER;
}

/* --- output --- */

struct request {
    bool json;
    bool follow;
    bool help;
};

static void add_json_reader(struct hufu_buf *text, const struct hufu_pcsc_state *state,
                            const struct hufu_pcsc_reader *reader)
{
    hufu_buf_add_text(text, "{\"name\":");
    hufu_print_json(text, reader->name);
    hufu_buf_printf(text, ",\"card\":%s,\"mute\":%s,\"answers\":%s,\"atr\":",
                    reader->card_present ? "true" : "false", reader->mute ? "true" : "false",
                    reader->unavailable ? "false" : "true");
    hufu_buf_add_text(text, reader->atr_len ? "\"" : "null");
    hufu_buf_add_hex(text, reader->atr, reader->atr_len);
    hufu_buf_add_text(text, reader->atr_len ? "\",\"held\":" : ",\"held\":");
    hufu_print_json(text, !reader->exclusive     ? NULL
                          : state->taker.pid > 0 ? state->taker.name
                                                 : "unknown");
    hufu_buf_add_text(text, "}");
}

/* The one form of this output that scripts rely on. */
static void add_json(struct hufu_buf *text, const struct hufu_pcsc_state *state)
{
    hufu_buf_printf(text, "{\"service\":\"%s\",\"readers\":[",
                    hufu_pcsc_service_name(state->service));
    for (size_t i = 0; i < state->count; i++) {
        hufu_buf_add_text(text, i ? "," : "");
        add_json_reader(text, state, &state->readers[i]);
    }
    hufu_buf_printf(text, "],\"code\":%d}\n", hufu_status_code(trouble_of(state)));
}

static void add_text(struct hufu_buf *text, const struct hufu_pcsc_state *state)
{
    enum hufu_language language = hufu_language_of_environment();
    const struct words *say = &words[language];
    for (size_t i = 0; i < state->count; i++) {
        enum condition condition = condition_of(&state->readers[i]);
        hufu_print_plain(text, state->readers[i].name);
        hufu_buf_add_text(text, language == HUFU_LANGUAGE_EN ? ": " : "：");
        if (condition == HELD && state->taker.pid)
            hufu_buf_printf(text, "%s%s (pid %d)%s", say->held_by, state->taker.name,
                            (int)state->taker.pid, say->held_end);
        else
            hufu_buf_add_text(text, say->conditions[condition]);
        hufu_buf_add_text(text, "\n");
    }
    enum hufu_status trouble = trouble_of(state);
    if (trouble != HUFU_OK)
        hufu_buf_printf(text, "%s (%d)\n%s\n", hufu_status_text(trouble, language),
                        hufu_status_code(trouble), hufu_status_remedy(trouble, language));
}

static void print(const struct request *request, const struct hufu_pcsc_state *state)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    if (request->json)
        add_json(&text, state);
    else
        add_text(&text, state);
    fputs(hufu_buf_text(&text), stdout);
    fflush(stdout);
}

/* --- following --- */

/* Waiting for pcscd ends at a change only; so whoever stops reading is noticed here. */
static void *end_with_reader(void *unused)
{
    struct pollfd polled = {.fd = STDOUT_FILENO};
    (void)unused;
    while (poll(&polled, 1, -1) < 0 || !(polled.revents & (POLLERR | POLLHUP | POLLNVAL)))
        continue;
    _exit(HUFU_EXIT_DONE);
}

static int follow(const struct request *request, struct hufu_pcsc *pcsc,
                  struct hufu_pcsc_state *state)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, end_with_reader, NULL))
        return HUFU_EXIT_FAILED;
    while (!ferror(stdout)) {
        struct hufu_pcsc_state now;
        hufu_pcsc_wait(pcsc);
        hufu_pcsc_look(pcsc, &now);
        if (hufu_pcsc_state_equal(state, &now))
            continue;
        *state = now;
        print(request, state);
    }
    return HUFU_EXIT_DONE;
}

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            request.json = true;
        else if (strcmp(argv[i], "--follow") == 0)
            request.follow = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            request.help = true;
        else
            return false;
    }
    *ret_request = request;
    return true;
}

int hufu_cli_card(int argc, char **argv)
{
    struct request request;
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(words[hufu_language_of_environment()].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    struct hufu_pcsc_state state;
    HUFU_AUTO(hufu_pcsc_free_auto)
    struct hufu_pcsc *pcsc = hufu_pcsc_new(HUFU_PCSC_DEADLINE_MS);
    if (!pcsc)
        return HUFU_EXIT_FAILED;
    hufu_pcsc_look(pcsc, &state);
    print(&request, &state);
    if (request.follow)
        return follow(&request, pcsc, &state);
    return state.service == HUFU_PCSC_RUNNING ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}
