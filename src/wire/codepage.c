#include "wire/codepage.h"

#include "base/cleanup.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct codepage {
    const char *name;
    const char *iconv_name;
};

static const struct codepage codepages[] = {
    {.name = "MS950", .iconv_name = "CP950"}, {.name = "CP950", .iconv_name = "CP950"},
    {.name = "950", .iconv_name = "CP950"},   {.name = "BIG5", .iconv_name = "BIG5"},
    {.name = "UTF-8", .iconv_name = "UTF-8"}, {.name = "UTF8", .iconv_name = "UTF-8"},
    {.name = "65001", .iconv_name = "UTF-8"}, {.name = "", .iconv_name = "UTF-8"},
};

static const struct codepage *find(const char *name)
{
    for (size_t i = 0; i < sizeof codepages / sizeof codepages[0]; i++)
        if (strcasecmp(codepages[i].name, name) == 0)
            return &codepages[i];
    return NULL;
}

static void close_iconv(iconv_t *converter)
{
    if (*converter != (iconv_t)-1) /* NOLINT: the value iconv_open documents */
        iconv_close(*converter);
}

const char *hufu_codepage_find(const char *name)
{
    const struct codepage *codepage = find(name);
    return codepage ? codepage->name : NULL;
}

/* Nothing is replaced by something similar. */
static enum hufu_status convert(const char *to, const char *from, struct hufu_bytes bytes,
                                struct hufu_buf *ret_data, struct hufu_error *err)
{
    HUFU_AUTO(close_iconv) iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return hufu_fail_from(err, HUFU_E_COMPONENT, HUFU_ORIGIN_ERRNO, (unsigned long)errno,
                              "code page not installed");
    char *in = (char *)(uintptr_t)bytes.data; /* iconv's prototype lacks const; it only reads */
    size_t in_left = bytes.len;
    while (in_left > 0) {
        char block[256];
        char *out = block;
        size_t out_left = sizeof block;
        size_t irreversible = iconv(converter, &in, &in_left, &out, &out_left);
        bool good = irreversible == 0 || (irreversible == (size_t)-1 && errno == E2BIG);
        if (good)
            hufu_buf_add(ret_data, block, (size_t)(out - block));
        explicit_bzero(block, sizeof block); /* what was decrypted passes here, too */
        if (!good)
            return hufu_fail(err, HUFU_E_UNICODE, "character outside the code page");
    }
    return ret_data->failed ? hufu_fail(err, HUFU_E_MEMORY, "text too long") : HUFU_OK;
}

enum hufu_status hufu_codepage_encode(const char *name, const char *text, struct hufu_buf *ret_data,
                                      struct hufu_error *err)
{
    const struct codepage *codepage = find(name);
    if (!codepage)
        return hufu_fail(err, HUFU_E_PARAMETER, "unknown code page");
    return convert(codepage->iconv_name, "UTF-8", hufu_bytes_of(text, strlen(text)), ret_data, err);
}

enum hufu_status hufu_codepage_decode(const char *name, struct hufu_bytes bytes,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    const struct codepage *codepage = find(name);
    if (!codepage)
        return hufu_fail(err, HUFU_E_PARAMETER, "unknown code page");
    if (bytes.len && memchr(bytes.data, 0, bytes.len)) /* it would hide what follows */
        return hufu_fail(err, HUFU_E_UNICODE, "NUL in a text");
    return convert("UTF-8", codepage->iconv_name, bytes, ret_text, err);
}
