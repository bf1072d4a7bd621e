/* Texts in code pages, and words of the page. */
#include "base/cleanup.h"
#include "component/gpki/gpki.h"
#include "wire/base64.h"
#include "wire/codepage.h"

#include <string.h>

const char *gpki_codepage(const struct hufu_page *page, const char *codepage)
{
    return codepage[0] || !page->codepage ? codepage : page->codepage;
}

void gpki_put_bytes(unsigned long flags, const struct hufu_buf *bytes, struct hufu_buf *ret_text)
{
    if (flags & GPKI_FLAG_HEX)
        hufu_buf_add_hex(ret_text, bytes->data, bytes->len);
    else
        hufu_base64_encode(hufu_buf_bytes(bytes), ret_text);
}

enum hufu_status gpki_set_code_page(struct hufu_page *page, const struct hufu_arguments *arguments,
                                    struct hufu_buf *ret_text, struct hufu_error *err)
{
    const char *text = NULL;
    (void)ret_text;
    HUFU_TRY(hufu_argument_exact(arguments, 0, &text, err));
    const char *known = hufu_codepage_find(hufu_argument(arguments, 0));
    if (!known)
        return hufu_fail(err, HUFU_E_PARAMETER, "unknown code page");
    page->codepage = known;
    return HUFU_OK;
}

enum hufu_status gpki_base64_encode(struct hufu_page *page, const struct hufu_arguments *arguments,
                                    struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    const char *text = NULL;
    HUFU_TRY(hufu_argument_exact(arguments, 0, &text, err));
    HUFU_TRY(
        hufu_codepage_encode(gpki_codepage(page, hufu_argument(arguments, 1)), text, &bytes, err));
    hufu_base64_encode(hufu_buf_bytes(&bytes), ret_text);
    return HUFU_OK;
}

enum hufu_status gpki_base64_decode(struct hufu_page *page, const struct hufu_arguments *arguments,
                                    struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    const char *base64 = NULL;
    HUFU_TRY(hufu_argument_exact(arguments, 0, &base64, err));
    HUFU_TRY(hufu_base64_decode_lines(hufu_bytes_of(base64, strlen(base64)), &bytes, err));
    return hufu_codepage_decode(gpki_codepage(page, hufu_argument(arguments, 1)),
                                hufu_buf_bytes(&bytes), ret_text, err);
}

/* Inferred: hufu's windows have one place for words of the page, so the latest count, whichever
 * dialog and text they are meant for. They stand in quotation marks, after hufu's own. */
enum hufu_status gpki_set_dialog_string(struct hufu_page *page,
                                        const struct hufu_arguments *arguments,
                                        struct hufu_buf *ret_text, struct hufu_error *err)
{
    const char *words = hufu_argument(arguments, 2);
    size_t len = strlen(words);
    (void)ret_text;
    if (len > HUFU_WORDS_MAX)
        return hufu_fail(err, HUFU_E_PARAMETER, "too many words");
    memcpy(page->words, words, len + 1);
    return HUFU_OK;
}
