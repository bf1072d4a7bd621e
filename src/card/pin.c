#include "card/pin.h"

#include "base/cleanup.h"
#include "base/wipe.h"
#include "error/text.h"

#include <assuan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Assuan lines have at most 1000 bytes; escaping makes a byte three. */
enum { COMMAND_MAX = 1000, DESCRIPTION_MAX = COMMAND_MAX - sizeof "SETDESC " };

HUFU_DEFINE_AUTO(assuan_context_t, assuan_release)

/* What `GETPIN` brought so far. */
struct entry {
    size_t len;
    char pin[HUFU_SECRET_MAX + 1];
};

static void wipe_entry(struct entry *entry)
{
    explicit_bzero(entry, sizeof *entry);
}

static gpg_error_t on_data(void *arg, const void *data, size_t len)
{
    struct entry *entry = arg;
    if (len == 0)
        return 0; /* the end: libassuan has no data then, not even an address */
    if (len > HUFU_SECRET_MAX - entry->len)
        return gpg_error(GPG_ERR_TOO_LARGE);
    memcpy(entry->pin + entry->len, data, len);
    entry->len += len;
    return 0;
}

static gpg_error_t say(assuan_context_t pinentry, const char *command)
{
    return assuan_transact(pinentry, command, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* `verb` and a text whose line breaks and percent signs are escaped; too long a text is cut. */
static gpg_error_t say_text(assuan_context_t pinentry, const char *verb, const char *text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf command = {.max = COMMAND_MAX};
    hufu_buf_printf(&command, "%s ", verb);
    for (const char *at = text; *at && command.len < COMMAND_MAX - 3; at++) {
        if (*at == '%' || (unsigned char)*at < 0x20)
            hufu_buf_printf(&command, "%%%02X", (unsigned char)*at);
        else
            hufu_buf_add_u8(&command, (uint8_t)*at);
    }
    return say(pinentry, hufu_buf_text(&command));
}

static gpg_error_t open_pinentry(struct hufu_monitor *monitor, assuan_context_t *ret_pinentry,
                                 pid_t *ret_pid)
{
    HUFU_AUTO(assuan_release_auto) assuan_context_t pinentry = NULL;
    gpg_error_t problem = assuan_new(&pinentry);
    if (problem)
        return problem;
    int socket = hufu_monitor_run(monitor, HUFU_PIN_PROGRAM, ret_pid);
    if (socket < 0)
        return gpg_error(GPG_ERR_ASS_CONNECT_FAILED);
    assuan_begin_confidential(pinentry);
    problem = assuan_socket_connect_fd(pinentry, socket, 0);
    if (!problem)
        *ret_pinentry = HUFU_TAKE(pinentry);
    return problem;
}

static gpg_error_t dress(assuan_context_t pinentry, const struct hufu_pin_request *request)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = DESCRIPTION_MAX};
    enum hufu_language language = request->language;
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%d", HUFU_PIN_WINDOW_S);
    hufu_pin_describe(request, DESCRIPTION_MAX, &text);
    const struct {
        const char *verb;
        const char *text;
    } lines[] = {
        {"SETTIMEOUT", seconds},
        {"SETTITLE", hufu_text(HUFU_TEXT_WINDOW_TITLE, language)},
        {"SETDESC", hufu_buf_text(&text)},
        {"SETPROMPT", hufu_text(HUFU_TEXT_PIN_PROMPT, language)},
        {"SETOK", hufu_text(HUFU_TEXT_PIN_OK, language)},
        {"SETCANCEL", hufu_text(HUFU_TEXT_PIN_CANCEL, language)},
    };
    gpg_error_t problem = 0;
    for (size_t i = 0; !problem && i < sizeof lines / sizeof lines[0]; i++)
        problem = say_text(pinentry, lines[i].verb, lines[i].text);
    return problem;
}

static enum hufu_status translate(gpg_error_t problem)
{
    gpg_err_code_t code = gpg_err_code(problem);
    bool cancelled =
        code == GPG_ERR_CANCELED || code == GPG_ERR_FULLY_CANCELED || code == GPG_ERR_TIMEOUT;
    return cancelled ? HUFU_E_CANCELLED : HUFU_E_PIN_WINDOW;
}

enum hufu_status hufu_pin_ask(const struct hufu_pin_request *request, struct hufu_secret **ret_pin,
                              struct hufu_error *err)
{
    static struct assuan_malloc_hooks wiping = {malloc, hufu_wipe_realloc, hufu_wipe_free};
    HUFU_AUTO(assuan_release_auto) assuan_context_t pinentry = NULL;
    HUFU_AUTO(wipe_entry) struct entry entry = {0};
    pid_t pid = 0;
    assuan_set_malloc_hooks(&wiping);
    gpg_error_t problem = open_pinentry(request->monitor, &pinentry, &pid);
    problem = problem ? problem : dress(pinentry, request);
    problem = problem
                  ? problem
                  : assuan_transact(pinentry, "GETPIN", on_data, &entry, NULL, NULL, NULL, NULL);
    hufu_monitor_kill(request->monitor, pid); /* no window outlives its question */
    if (problem)
        return hufu_fail_from(err, translate(problem), HUFU_ORIGIN_ASSUAN, problem, "pinentry");
    struct hufu_secret *pin = hufu_secret_new(entry.pin, entry.len);
    if (!pin)
        return hufu_fail(err, HUFU_E_MEMORY, "PIN");
    *ret_pin = pin;
    return HUFU_OK;
}
