#include "crypto/certificate.h"

#include "fuzz.h"

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)

/* Everything that a page can ask of a certificate that it brought itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const attributes[] = {"2.16.886.1.100.2.1", "2.16.886.1.100.2.51"};
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    if (hufu_certificate_read(hufu_bytes_of(data, len), &certificate, NULL) != HUFU_OK)
        return 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, NULL, &text, NULL);
    hufu_certificate_name(certificate, HUFU_NAME_ISSUER, "CN", &text, NULL);
    hufu_certificate_serial(certificate, &text, NULL);
    hufu_certificate_time(certificate, HUFU_TIME_NOT_BEFORE, &text, NULL);
    hufu_certificate_time(certificate, HUFU_TIME_NOT_AFTER, &text, NULL);
    hufu_certificate_public_key(certificate, &text, NULL);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        hufu_certificate_attribute(certificate, attributes[i], &text, NULL);
    hufu_certificate_is_ca(certificate);
    hufu_certificate_key_usage(certificate);
    hufu_certificate_check_time(certificate, NULL);
    return 0;
}
