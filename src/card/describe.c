#include "base/cleanup.h"
#include "card/pin.h"
#include "error/text.h"
#include "wire/origin.h"

#include <string.h>

/* The longest origin as people see it, in several lines; a reader's and a card's names, of PKCS#11,
 * are shorter. */
enum { ORIGIN_ROOM = 330, NAME_ROOM = 96, WORDS_ROOM = 300 };

/* Somebody else wrote it: whoever made the site, the reader or the card. */
static void add_name(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                     const char *name, size_t room)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = ORIGIN_ROOM};
    hufu_content_clean(hufu_bytes_of(name, strlen(name)), room, &line);
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
    HUFU_AUTO(hufu_buf_done) struct hufu_buf origin = {.max = ORIGIN_ROOM};
    enum hufu_language language = request->language;
    hufu_buf_add_text(ret_text, request->purpose);
    hufu_origin_display(request->origin, &origin);
    add_name(ret_text, HUFU_TEXT_PIN_ORIGIN, language, hufu_buf_text(&origin), ORIGIN_ROOM);
    add_name(ret_text, HUFU_TEXT_PIN_READER, language, request->reader->name, NAME_ROOM);
    add_name(ret_text, HUFU_TEXT_PIN_CARD, language, request->reader->card_label, NAME_ROOM);
    add_tries(ret_text, request->tries, language);
    if (request->words && request->words[0])
        add_name(ret_text, HUFU_TEXT_PIN_WORDS, language, request->words, WORDS_ROOM);
    size_t used = hufu_content_cost(hufu_buf_bytes(ret_text));
    if (request->content)
        hufu_content_describe(request->content, language, room > used ? room - used : 0, ret_text);
}
