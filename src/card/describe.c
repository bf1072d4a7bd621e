#include "base/cleanup.h"
#include "card/pin.h"
#include "error/text.h"

#include <string.h>

/* A reader's and a card's names, of PKCS#11, are shorter; escaped they may be longer. */
enum { NAME_MAX_COST = 96 };

/* Whoever made the card or the reader wrote its name. */
static void add_name(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                     const char *name)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = NAME_MAX_COST};
    hufu_content_clean(hufu_bytes_of(name, strlen(name)), NAME_MAX_COST, &line);
    hufu_text_add_line(buf, text, language, hufu_buf_text(&line));
}

static void add_tries(struct hufu_buf *buf, enum hufu_pin_tries tries, enum hufu_language language)
{
    static const enum hufu_text texts[] = {
        [HUFU_PIN_TRIES_LOW] = HUFU_TEXT_PIN_LOW,
        [HUFU_PIN_TRIES_PERHAPS_FINAL] = HUFU_TEXT_PIN_PERHAPS_FINAL,
        [HUFU_PIN_TRIES_FINAL] = HUFU_TEXT_PIN_FINAL,
    };
    if (tries != HUFU_PIN_TRIES_FULL)
        hufu_text_add_line(buf, texts[tries], language, NULL);
}

/* hufu's own words come first: programs that show formatted text look for it in the first line. */
void hufu_pin_describe(const struct hufu_pin_request *request, size_t room,
                       struct hufu_buf *ret_text)
{
    enum hufu_language language = request->language;
    hufu_buf_add_text(ret_text, request->purpose);
    hufu_text_add_line(ret_text, HUFU_TEXT_PIN_ORIGIN, language, request->origin);
    add_name(ret_text, HUFU_TEXT_PIN_READER, language, request->reader->name);
    add_name(ret_text, HUFU_TEXT_PIN_CARD, language, request->reader->card_label);
    add_tries(ret_text, request->tries, language);
    size_t used = hufu_content_cost(hufu_buf_bytes(ret_text));
    if (request->content)
        hufu_content_describe(request->content, language, room > used ? room - used : 0, ret_text);
}
