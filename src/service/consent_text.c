#include "service/consent_text.h"

#include "error/text.h"
#include "wire/origin.h"
#include "wire/scope.h"

#include <string.h>

/* In the order of their bits. */
static const enum hufu_text scope_texts[HUFU_SCOPE_COUNT] = {
    HUFU_TEXT_SCOPE_SEE,     HUFU_TEXT_SCOPE_READ, HUFU_TEXT_SCOPE_SIGN,
    HUFU_TEXT_SCOPE_DECRYPT, HUFU_TEXT_SCOPE_PIN,
};

/* A line with `value` in the place of its %s. */
static void add_line(struct hufu_buf *buf, const char *pattern, const char *value)
{
    const char *hole = strstr(pattern, "%s");
    hufu_buf_add(buf, pattern, hole ? (size_t)(hole - pattern) : strlen(pattern));
    if (hole) {
        hufu_buf_add_text(buf, value);
        hufu_buf_add_text(buf, hole + 2);
    }
    hufu_buf_add_text(buf, "\n");
}

void hufu_consent_text(const char *origin, unsigned scopes, const char *name,
                       enum hufu_language language, struct hufu_buf *ret_text)
{
    struct hufu_buf shown;
    hufu_buf_init(&shown, HUFU_CONSENT_TEXT_MAX);
    hufu_origin_display(origin, &shown);
    add_line(ret_text, hufu_text(HUFU_TEXT_PIN_ORIGIN, language), hufu_buf_text(&shown));
    hufu_buf_done(&shown);
    if (strncmp(origin, "http:", 5) == 0)
        add_line(ret_text, hufu_text(HUFU_TEXT_CONSENT_PLAIN, language), NULL);
    if (name)
        add_line(ret_text, hufu_text(HUFU_TEXT_CONSENT_KNOWN, language), name);
    else
        add_line(ret_text, hufu_text(HUFU_TEXT_CONSENT_UNKNOWN, language), NULL);
    add_line(ret_text, hufu_text(HUFU_TEXT_CONSENT_ASKS, language), NULL);
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        if (scopes & 1u << i)
            add_line(ret_text, hufu_text(scope_texts[i], language), NULL);
    hufu_buf_shorten(ret_text, 1);
}

void hufu_consent_buttons(enum hufu_language language, const struct hufu_buf *text,
                          struct hufu_confirm_texts *ret_texts)
{
    *ret_texts = (struct hufu_confirm_texts){
        .title = hufu_text(HUFU_TEXT_WINDOW_TITLE, language),
        .text = hufu_buf_text(text),
        .yes = hufu_text(HUFU_TEXT_CONSENT_ALWAYS, language),
        .maybe = hufu_text(HUFU_TEXT_CONSENT_ONCE, language),
        .no = hufu_text(HUFU_TEXT_CONSENT_REFUSE, language),
    };
}
