#include "component/access.h"

#include "base/cleanup.h"
#include "card/pin.h"
#include "card/tries.h"

#include <string.h>

/* A citizen's card locks at the third wrong PIN. */
enum { WRONG_BEFORE_LAST = 2 };

/* What a PIN is for, in a sentence or two. */
enum { PURPOSE_MAX = 512 };

/* The worse of what the card says and what hufu counted: some modules never set the flags, and
 * other programs use the card as well. */
static enum hufu_pin_tries tries_of(const struct hufu_reader *reader)
{
    size_t wrong = hufu_tries_wrong(reader);
    if (reader->pin_final_try)
        return HUFU_PIN_TRIES_FINAL;
    if (wrong >= WRONG_BEFORE_LAST)
        return HUFU_PIN_TRIES_PERHAPS_FINAL;
    return wrong || reader->pin_count_low ? HUFU_PIN_TRIES_LOW : HUFU_PIN_TRIES_FULL;
}

/* Books what became of a login that the card was asked for. */
static enum hufu_status settle(const struct hufu_reader *reader, bool counted,
                               enum hufu_status status)
{
    if (status == HUFU_OK)
        hufu_tries_forget(reader);
    else if (!counted && (status == HUFU_E_PIN_INCORRECT || status == HUFU_E_PIN_LOCKED))
        hufu_tries_add(reader);
    return status;
}

/* --- a PIN that the page passed --- */

static bool may_pass_pin(const struct hufu_page *page, const struct hufu_access *access)
{
    return page->scopes & HUFU_SCOPE_PIN && !access->reader.pin_pad &&
           tries_of(&access->reader) == HUFU_PIN_TRIES_FULL;
}

/* Takes the PIN when it may be tried; leaves access->pin NULL when the person is to be asked. */
static enum hufu_status take_page_pin(struct hufu_page *page, struct hufu_access *access,
                                      const char *page_pin, struct hufu_error *err)
{
    if (!page_pin[0] || !may_pass_pin(page, access))
        return HUFU_OK;
    access->pin = hufu_secret_new(page_pin, strlen(page_pin));
    if (!access->pin)
        return hufu_fail(err, HUFU_E_PIN_LENGTH, NULL);
    HUFU_TRY(hufu_token_check_pin(access->token, access->pin, err));
    if (!hufu_tries_claim(&access->reader))
        hufu_secret_free(HUFU_TAKE(access->pin));
    return HUFU_OK;
}

/* --- a PIN that the person enters --- */

static enum hufu_status open_window(struct hufu_page *page, struct hufu_access *access,
                                    const struct hufu_login *login, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf purpose = {.max = PURPOSE_MAX};
    hufu_text_add_line(&purpose, login->purpose, page->language, login->until);
    struct hufu_pin_request request = {.monitor = page->monitor,
                                       .origin = page->origin,
                                       .purpose = hufu_buf_text(&purpose),
                                       .reader = &access->reader,
                                       .tries = tries_of(&access->reader),
                                       .words = page->words,
                                       .content = login->content,
                                       .language = page->language};
    HUFU_TRY(hufu_pin_ask(&request, &access->pin, err));
    return hufu_token_look(access->token, &access->reader, err); /* a minute may have passed */
}

/* On the reader's own keys where it has some, else in a window. */
static enum hufu_status ask_person(struct hufu_page *page, struct hufu_access *access,
                                   const struct hufu_login *login, struct hufu_error *err)
{
    if (!page->may_ask)
        return hufu_fail(err, HUFU_E_TOO_MANY_WINDOWS, NULL);
    page->dialog(true);
    enum hufu_status status = access->reader.pin_pad ? hufu_token_login(access->token, NULL, err)
                                                     : open_window(page, access, login, err);
    page->dialog(false);
    if (status == HUFU_OK && !access->reader.pin_pad)
        status = hufu_token_login(access->token, access->pin, err);
    return settle(&access->reader, false, status);
}

enum hufu_status hufu_access_login(struct hufu_page *page, struct hufu_access *access,
                                   const struct hufu_login *login, struct hufu_error *err)
{
    if (access->reader.pin_locked)
        return hufu_fail(err, HUFU_E_PIN_LOCKED, "flag of the card");
    HUFU_TRY(take_page_pin(page, access, login->page_pin, err));
    if (!access->pin)
        return ask_person(page, access, login, err);
    return settle(&access->reader, true, hufu_token_login(access->token, access->pin, err));
}
