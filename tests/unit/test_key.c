#include "citizens.h"

#include "crypto/digest.h"
#include "crypto/key.h"

#include <openssl/ec.h>

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum hufu_key_kind kind;
    } rows[] = {
        {"citizen/sign.der", HUFU_KEY_RSA},
        {"ec/sign.der", HUFU_KEY_EC},
        {"p384/sign.der", HUFU_KEY_EC},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = citizen_certificate(rows[i].name);
        assert_int_equal(hufu_key_kind(certificate), rows[i].kind);
    }
}

static enum hufu_status pair_of(const char *name, struct hufu_bytes der, struct hufu_buf *ret_pair)
{
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = citizen_certificate(name);
    return hufu_key_pair_of_der(certificate, der, ret_pair, NULL);
}

/* r = 1 and s = 255: both are as long as the order of the curve. */
static void pairs_have_one_length(void **state)
{
    (void)state;
    static const uint8_t der[] = {0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x02, 0x00, 0xFF};
    static const struct {
        const char *name;
        size_t half;
    } rows[] = {{"ec/sign.der", 32}, {"p384/sign.der", 48}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t expected[96] = {0};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf pair = {.max = sizeof expected};
        expected[rows[i].half - 1] = 1;
        expected[2 * rows[i].half - 1] = 0xFF;
        assert_int_equal(pair_of(rows[i].name, hufu_bytes_of(der, sizeof der), &pair), HUFU_OK);
        assert_bytes(hufu_buf_bytes(&pair), hufu_bytes_of(expected, 2 * rows[i].half));
    }
}

static void what_is_no_signature(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pair = {.max = 96};
    uint8_t too_long[41] = {0x30, 0x27, 0x02, 0x01, 0x01, 0x02, 0x22, 0x01};
    assert_int_equal(pair_of("ec/sign.der", BYTES("x"), &pair), HUFU_E_SIGN);
    assert_int_equal(pair_of("ec/sign.der", hufu_bytes_of(too_long, sizeof too_long), &pair),
                     HUFU_E_SIGN);
}

static void digests(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        [HUFU_DIGEST_MD5] = 16,    [HUFU_DIGEST_SHA1] = 20,   [HUFU_DIGEST_SHA224] = 28,
        [HUFU_DIGEST_SHA256] = 32, [HUFU_DIGEST_SHA384] = 48, [HUFU_DIGEST_SHA512] = 64,
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 100};
        assert_int_equal(hufu_digest_size((enum hufu_digest)i), sizes[i]);
        assert_int_equal(hufu_digest_make((enum hufu_digest)i, (struct hufu_bytes){0}, &made, NULL),
                         HUFU_OK);
        assert_int_equal(made.len, sizes[i]);
    }
    static const uint8_t sha1[] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                   0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 100};
    assert_int_equal(hufu_digest_make(HUFU_DIGEST_SHA1, BYTES("abc"), &made, NULL), HUFU_OK);
    assert_bytes(hufu_buf_bytes(&made), hufu_bytes_of(sha1, sizeof sha1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(pairs_have_one_length),
        cmocka_unit_test(what_is_no_signature),
        cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
