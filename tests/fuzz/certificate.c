#include "crypto/certificate.h"

#include "fuzz.h"
#include "wire/base64.h"

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)

static void require_time(const struct hufu_certificate *certificate, enum hufu_time time)
{
    static const char form[] = "YYYYMMDDhhmmss+0800";
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    if (hufu_certificate_time(certificate, time, &text, NULL) == HUFU_OK)
        require(text.len == sizeof form - 1 &&
                strspn(hufu_buf_text(&text), "0123456789") == sizeof "YYYYMMDDhhmmss" - 1);
}

static void require_name(const struct hufu_certificate *certificate, enum hufu_name name,
                         const char *part)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    if (hufu_certificate_name(certificate, name, part, &text, NULL) == HUFU_OK)
        require(strlen(hufu_buf_text(&text)) == text.len); /* no NUL inside */
}

/* Extensions: digits, dots, an equals sign and base64 a line. */
static void require_lines(const struct hufu_certificate *certificate)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    if (hufu_certificate_extensions(certificate, &text, NULL) != HUFU_OK)
        return;
    require(text.len && !text.failed && strlen(hufu_buf_text(&text)) == text.len);
    for (char *at = (char *)text.data, *line = NULL; (line = strsep(&at, "\n"));) {
        size_t oid = strspn(line, "0123456789.");
        HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
        require(oid > 0 && line[oid] == '=');
        require(hufu_base64_decode(hufu_bytes_of(line + oid + 1, strlen(line + oid + 1)), &der,
                                   NULL) == HUFU_OK);
    }
}

/* Everything that a page can ask of a certificate that it brought itself. */
static void ask_everything(const struct hufu_certificate *certificate)
{
    static const char *const attributes[] = {"2.16.886.1.100.2.1",   "2.16.886.1.100.2.2",
                                             "2.16.886.1.100.2.51",  "2.16.886.1.100.2.101",
                                             "2.16.886.1.100.2.102", "1.2"};
    static const char *const parts[] = {NULL, "CN", "OU", "serialNumber", "2.16.886.1.100.2.51"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        require_name(certificate, HUFU_NAME_SUBJECT, parts[i]);
        require_name(certificate, HUFU_NAME_ISSUER, parts[i]);
    }
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (hufu_certificate_attribute(certificate, attributes[i], &text, NULL) == HUFU_OK)
            require(strlen(hufu_buf_text(&text)) == text.len);
    require_lines(certificate);
    if (hufu_certificate_signature_algorithm(certificate, &text, NULL) == HUFU_OK)
        require(strlen(hufu_buf_text(&text)) == text.len);
    require_time(certificate, HUFU_TIME_NOT_BEFORE);
    require_time(certificate, HUFU_TIME_NOT_AFTER);
    hufu_certificate_serial(certificate, &text, NULL);
    hufu_certificate_public_key(certificate, &text, NULL);
    hufu_certificate_version(certificate);
    hufu_certificate_is_ca(certificate);
    hufu_certificate_key_usage(certificate);
    hufu_certificate_check_time(certificate, NULL);
}

/* Once as DER, once as the base64 that pages hand back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *from_der = NULL;
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *from_text = NULL;
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    if (hufu_certificate_read(hufu_bytes_of(data, len), &from_der, NULL) == HUFU_OK)
        ask_everything(from_der);
    if (hufu_certificate_read_base64(text, &from_text, NULL) == HUFU_OK)
        ask_everything(from_text);
    return 0;
}
