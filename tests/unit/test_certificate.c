#include "crafted.h"

#include "crypto/asn1.h"

HUFU_DEFINE_AUTO(X509_NAME *, X509_NAME_free)

/* --- what the citizens' certificates say --- */

struct name {
    const char *file;
    enum hufu_name name;
    const char *part;
    const char *text;
};

static const struct name names[] = {
    {"citizen/sign.der", HUFU_NAME_SUBJECT, "CN", "王測試"},
    {"citizen/sign.der", HUFU_NAME_SUBJECT, "2.5.4.3", "王測試"},
    {"citizen/sign.der", HUFU_NAME_SUBJECT, "C", "TW"},
    {"citizen/sign.der", HUFU_NAME_SUBJECT, "serialNumber", "9000000000000001"},
    {"citizen/sign.der", HUFU_NAME_SUBJECT, "O", ""},
    {"citizen/sign.der", HUFU_NAME_SUBJECT, NULL, "C=TW\nCN=王測試\nserialNumber=9000000000000001"},
    {"citizen/sign.der", HUFU_NAME_ISSUER, "OU", "內政部憑證管理中心測試"},
    {"citizen/sign.der", HUFU_NAME_ISSUER, NULL, "C=TW\nO=行政院測試\nOU=內政部憑證管理中心測試"},
    {"second/sign.der", HUFU_NAME_SUBJECT, "CN", "陳𠮷堃"},
};

static void tells_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = citizen_certificate(names[i].file);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
        assert_int_equal(
            hufu_certificate_name(certificate, names[i].name, names[i].part, &text, NULL), HUFU_OK);
        assert_string_equal(hufu_buf_text(&text), names[i].text);
    }
}

struct attribute {
    const char *file;
    const char *oid;
    const char *text; /* NULL: HUFU_E_NO_ATTRIBUTE */
};

static const struct attribute attributes[] = {
    {"citizen/sign.der", "2.16.886.1.100.2.51", "1234"},
    {"citizen/keyx.der", "2.16.886.1.100.2.51", "1234"},
    {"second/sign.der", "2.16.886.1.100.2.51", "5678"},
    {"citizen/sign.der", "2.16.886.1.100.2.1", "2.16.886.1.100.3.1.1"},
    {"citizen/sign.der", "2.16.886.1.100.2.101", NULL},
    {"citizen/sign.der", "2.16.886.1.100.2", NULL},
    {"secondary/sign.der", "2.16.886.1.100.2.2", "secondary"},
    {"company/sign.der", "2.16.886.1.100.2.101", "00000000"},
    {"agency/sign.der", "2.16.886.1.100.2.102", "2.16.886.101.90000.90001"},
    {"ca/root.der", "2.16.886.1.100.2.51", NULL},
};

static void tells_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(attributes); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = citizen_certificate(attributes[i].file);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
        enum hufu_status status =
            hufu_certificate_attribute(certificate, attributes[i].oid, &text, NULL);
        assert_int_equal(status, attributes[i].text ? HUFU_OK : HUFU_E_NO_ATTRIBUTE);
        assert_string_equal(hufu_buf_text(&text), attributes[i].text ? attributes[i].text : "");
    }
}

struct kind {
    const char *file;
    bool is_ca;
    uint32_t key_usage;
    enum hufu_status time;
};

static const struct kind kinds[] = {
    {"citizen/sign.der", false, 0x80, HUFU_OK},
    {"citizen/keyx.der", false, 0x30, HUFU_OK},
    {"ec/sign.der", false, 0x80, HUFU_OK},
    {"expired/sign.der", false, 0x80, HUFU_E_EXPIRED},
    {"notyet/sign.der", false, 0x80, HUFU_E_NOT_YET_VALID},
    {"ca/root.der", true, 0x06, HUFU_OK},
    {"ca/issuing.der", true, 0x06, HUFU_OK},
};

static void tells_what_it_is_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = citizen_certificate(kinds[i].file);
        assert_int_equal(hufu_certificate_version(certificate), 3);
        assert_int_equal(hufu_certificate_is_ca(certificate), kinds[i].is_ca);
        assert_int_equal(hufu_certificate_key_usage(certificate), kinds[i].key_usage);
        assert_int_equal(hufu_certificate_check_time(certificate, NULL), kinds[i].time);
    }
}

static void hands_out_its_key_and_itself(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = citizen_certificate("ec/sign.der");
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = citizen_key("ec/sign.key");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf public_key = {.max = 1000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf file = {.max = HUFU_CERTIFICATE_MAX};
    unsigned char *expected = NULL;
    int len = i2d_PUBKEY(key, &expected);
    assert_int_equal(hufu_certificate_public_key(certificate, &public_key, NULL), HUFU_OK);
    assert_bytes(hufu_buf_bytes(&public_key), hufu_bytes_of(expected, (size_t)len));
    OPENSSL_free(expected);
    read_citizen("ec/sign.der", &file);
    assert_bytes(hufu_certificate_der(certificate), hufu_buf_bytes(&file));
}

/* --- crafted ones --- */

static void serial_is_hex(void **state)
{
    (void)state;
    static const char *const serials[] = {"01", "7F", "0A1B", "80",
                                          "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"};
    for (size_t i = 0; i < COUNT(serials); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = craft(&(struct crafted){.serial = serials[i]});
        HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = 100};
        assert_int_equal(hufu_certificate_serial(certificate, &hex, NULL), HUFU_OK);
        assert_string_equal(hufu_buf_text(&hex), serials[i]);
    }
}

struct date {
    const char *asn1;
    const char *text; /* NULL: HUFU_E_CERTIFICATE_FORMAT */
};

static const struct date dates[] = {
    {"300101000000Z", "20300101080000+0800"},
    {"300101155959Z", "20300101235959+0800"},
    {"300101160000Z", "20300102000000+0800"},
    {"241231235959Z", "20250101075959+0800"},
    {"240228200000Z", "20240229040000+0800"}, /* a leap year */
    {"500101000000Z", "19500101080000+0800"}, /* where UTCTime starts */
    {"491231155959Z", "20491231235959+0800"},
    {"20500101000000Z", "20500101080000+0800"},
    {"20380119031408Z", "20380119111408+0800"},
    {"99991231155959Z", "99991231235959+0800"},
    {"99991231235959Z", NULL}, /* would be a year of five digits */
    {"00010101000000Z", NULL}, /* or of one */
    {"300132000000Z", NULL},
    {"nonsense", NULL},
    {"", NULL},
};

static void dates_are_in_taiwan(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(dates); i++)
        for (int end = 0; end <= 1; end++) {
            HUFU_AUTO(hufu_certificate_free_auto)
            struct hufu_certificate *certificate = craft(&(struct crafted){
                .not_before = end ? NULL : dates[i].asn1, .not_after = end ? dates[i].asn1 : NULL});
            HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
            enum hufu_status status = hufu_certificate_time(
                certificate, end ? HUFU_TIME_NOT_AFTER : HUFU_TIME_NOT_BEFORE, &text, NULL);
            if (status != (dates[i].text ? HUFU_OK : HUFU_E_CERTIFICATE_FORMAT))
                fail_msg("%s: %s", dates[i].asn1, hufu_buf_text(&text));
            assert_string_equal(hufu_buf_text(&text), dates[i].text ? dates[i].text : "");
        }
}

/* A subject of these parts; `type` is the ASN.1 type of all values. */
struct part {
    const char *oid;
    struct hufu_bytes value;
};

static struct hufu_certificate *craft_named(int type, const struct part *parts, size_t count)
{
    HUFU_AUTO(X509_NAME_free_auto) X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(X509_NAME_add_entry_by_txt(name, parts[i].oid, type, parts[i].value.data,
                                                    (int)parts[i].value.len, -1, 0),
                         1);
    return craft(&(struct crafted){.subject = name});
}

#define PART(oid, literal)                                                                         \
    {                                                                                              \
        (oid),                                                                                     \
        {                                                                                          \
            (const uint8_t *)(literal), sizeof(literal) - 1                                        \
        }                                                                                          \
    }

static void joins_several_values(void **state)
{
    (void)state;
    static const struct part parts[] = {PART("OU", "one"), PART("CN", "name"), PART("OU", "two"),
                                        PART("1.2.3.4.5", "private")};
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = craft_named(V_ASN1_UTF8STRING, parts, COUNT(parts));
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    assert_int_equal(hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "OU", &text, NULL),
                     HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "one\ntwo");
    hufu_buf_clear(&text);
    assert_int_equal(hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, NULL, &text, NULL),
                     HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "OU=one\nCN=name\nOU=two\n1.2.3.4.5=private");
}

static void finds_a_part_that_openssl_does_not_know(void **state)
{
    (void)state;
    static const struct part parts[] = {PART("1.2.3.4.5", "five"), PART("1.2.3.4.6", "six")};
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = craft_named(V_ASN1_UTF8STRING, parts, COUNT(parts));
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    assert_int_equal(
        hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "1.2.3.4.6", &text, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "six");
    hufu_buf_clear(&text);
    assert_int_equal(
        hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "1.2.3.4.7", &text, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "");
}

struct encoded {
    int type;
    struct part part;
    const char *text; /* NULL: HUFU_E_CERTIFICATE_FORMAT */
};

static const struct encoded encoded[] = {
    {V_ASN1_UTF8STRING, PART("CN", "登入"), "登入"},
    {V_ASN1_PRINTABLESTRING, PART("CN", "name"), "name"},
    {V_ASN1_BMPSTRING, PART("CN", "\x76\x7b\x51\x65"), "登入"},
    {V_ASN1_UNIVERSALSTRING, PART("CN", "\0\2\x0b\xb7"), "𠮷"},
    {V_ASN1_T61STRING, PART("CN", "caf\xe9"), "café"},
    /* Big5, and UTF-8, in types that are not for it */
    {V_ASN1_T61STRING, PART("CN", "\xb3\\\xa5\\\xbb\\"), "許功蓋"},
    {V_ASN1_T61STRING, PART("CN", "A\xb5\x6e 1"), "A登 1"},
    {V_ASN1_T61STRING, PART("CN", "登入"), "登入"},
    {V_ASN1_PRINTABLESTRING, PART("CN", "\xb5\x6e\xa4\x4a"), "登入"},
    {V_ASN1_IA5STRING, PART("CN", "\xb5\x6e\xa4\x4a"), "登入"},
    {V_ASN1_PRINTABLESTRING, PART("CN", "登入"), "登入"},
    {V_ASN1_PRINTABLESTRING, PART("CN", "caf\xe9"), NULL},
    {V_ASN1_PRINTABLESTRING, PART("CN", "\xb5\x6e\xa4"), NULL}, /* half a character */
    {V_ASN1_T61STRING, PART("CN", "\xb5\x6e\0\xb5\x6e"), NULL},
    {V_ASN1_UTF8STRING, PART("CN", "good.tw\0.evil.tw"), NULL},
    {V_ASN1_PRINTABLESTRING, PART("CN", "\0"), NULL},
    {V_ASN1_BMPSTRING, PART("CN", "\x76\x7b\0\0"), NULL},
};

static void names_become_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(encoded); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = craft_named(encoded[i].type, &encoded[i].part, 1);
        assert_int_equal(hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "CN", &text, NULL),
                         encoded[i].text ? HUFU_OK : HUFU_E_CERTIFICATE_FORMAT);
        if (encoded[i].text)
            assert_string_equal(hufu_buf_text(&text), encoded[i].text);
    }
}

static void a_name_has_to_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = citizen_certificate("citizen/sign.der");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = sizeof "王測試" - 1};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = sizeof "王測試" - 2};
    assert_int_equal(hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "CN", &exact, NULL),
                     HUFU_OK);
    assert_int_equal(hufu_certificate_name(certificate, HUFU_NAME_SUBJECT, "CN", &small, NULL),
                     HUFU_E_MEMORY);
}

/* subjectDirectoryAttributes with the attribute 2.16.886.1.100.2.51, in DER. */
#define TAIL "\x06\x07\x60\x86\x76\x01\x64\x02\x33"

struct extension {
    struct hufu_bytes der;
    const char *text; /* or else */
    enum hufu_status status;
};

#define DER(literal)                                                                               \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static const struct extension extensions[] = {
    {DER("\x30\x13\x30\x11" TAIL "\x31\x06\x13\x04"
         "1234"),
     "1234", HUFU_OK},
    {DER("\x30\x12\x30\x10" TAIL "\x31\x05\x0c\x03\xe7\x99\xbb"), "登", HUFU_OK},
    {DER("\x30\x11\x30\x0f" TAIL "\x31\x04\x1e\x02\x76\x7b"), "登", HUFU_OK},
    {DER("\x30\x11\x30\x0f" TAIL "\x31\x04\x06\x02\x2a\x03"), "1.2.3", HUFU_OK},
    {DER("\x30\x10\x30\x0e" TAIL "\x31\x03\x02\x01\x05"), "5", HUFU_OK},
    {DER("\x30\x13\x30\x11" TAIL "\x31\x06\x13\x01\x31\x13\x01\x32"), "1\n2", HUFU_OK},
    /* a BOOLEAN, a NULL, a SEQUENCE, and one such after a text */
    {DER("\x30\x10\x30\x0e" TAIL "\x31\x03\x01\x01\xff"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x0f\x30\x0d" TAIL "\x31\x02\x05\x00"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x0f\x30\x0d" TAIL "\x31\x02\x30\x00"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x12\x30\x10" TAIL "\x31\x05\x05\x00\x13\x01\x31"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    /* no value at all, a NUL in the text, half a character */
    {DER("\x30\x0d\x30\x0b" TAIL "\x31\x00"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x12\x30\x10" TAIL "\x31\x05\x13\x03\x31\x00\x32"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x10\x30\x0e" TAIL "\x31\x03\x1e\x01\x76"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x11\x30\x0f" TAIL "\x31\x04\x1e\x02\xd8\x42"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x11\x30\x0f" TAIL "\x31\x04\x0c\x02\xb5\x6e"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    /* Big5 */
    {DER("\x30\x11\x30\x0f" TAIL "\x31\x04\x14\x02\xb5\x6e"), "登", HUFU_OK},
    /* what is no attribute */
    {DER("\x30\x02\x05\x00"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    {DER("\x30\x04\x30\x02\x05\x00"), NULL, HUFU_E_CERTIFICATE_FORMAT},
    /* none, and no list of them */
    {DER("\x30\x00"), NULL, HUFU_E_NO_ATTRIBUTE},
    {DER(""), NULL, HUFU_E_NO_ATTRIBUTE},
    {DER("\x04\x00"), NULL, HUFU_E_NO_ATTRIBUTE},
    {DER("\x30"), NULL, HUFU_E_NO_ATTRIBUTE},
    {DER("\x30\x7f\x30\x0b" TAIL "\x31\x00"), NULL, HUFU_E_NO_ATTRIBUTE},
    {DER("\x30\x80\x00\x00"), NULL, HUFU_E_NO_ATTRIBUTE},
};

static void reads_attributes_with_care(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(extensions); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate = craft(&(struct crafted){
            .extension = NID_subject_directory_attributes, .content = extensions[i].der});
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        assert_int_equal(
            hufu_certificate_attribute(certificate, "2.16.886.1.100.2.51", &text, NULL),
            extensions[i].status);
        if (extensions[i].text)
            assert_string_equal(hufu_buf_text(&text), extensions[i].text);
    }
}

static void asks_for_no_other_text_than_an_oid(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *digits = repeat('1', 10000);
    HUFU_AUTO(hufu_free) char *longest = repeat('2', HUFU_OID_TEXT_MAX - 1);
    HUFU_AUTO(hufu_free) char *longer = repeat('2', HUFU_OID_TEXT_MAX);
    const struct {
        const char *oid;
        enum hufu_status status;
    } rows[] = {
        {"1.2", HUFU_E_NO_ATTRIBUTE}, {longest, HUFU_E_NO_ATTRIBUTE}, {longer, HUFU_E_PARAMETER},
        {digits, HUFU_E_PARAMETER},   {"", HUFU_E_PARAMETER},         {".", HUFU_E_PARAMETER},
        {"1.", HUFU_E_PARAMETER},     {"9.9.9", HUFU_E_PARAMETER},    {"1.99", HUFU_E_PARAMETER},
        {"1 2", HUFU_E_PARAMETER},    {"CN", HUFU_E_PARAMETER},       {"1.2\n", HUFU_E_PARAMETER},
    };
    longest[1] = longer[1] = '.';
    memcpy(digits, "1.2.", 4);
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = citizen_certificate("citizen/sign.der");
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        assert_int_equal(hufu_certificate_attribute(certificate, rows[i].oid, &text, NULL),
                         rows[i].status);
    }
}

static void lists_extensions(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *none = craft(&(struct crafted){0});
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *one = craft(&(struct crafted){
        .extension = NID_subject_directory_attributes, .content = BYTES("\x30\x00")});
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    assert_int_equal(hufu_certificate_extensions(none, &text, NULL), HUFU_E_NO_ATTRIBUTE);
    assert_int_equal(hufu_certificate_extensions(one, &text, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "2.5.29.9=MAA=");
}

static void names_the_algorithm(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *crafted = craft(&(struct crafted){0});
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *citizen = citizen_certificate("ec/sign.der");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    assert_int_equal(hufu_certificate_signature_algorithm(citizen, &text, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "sha256WithRSAEncryption");
    hufu_buf_clear(&text);
    assert_int_equal(hufu_certificate_signature_algorithm(crafted, &text, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "ED25519");
}

static void an_unrestricted_key_is_for_everything(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = craft(&(struct crafted){0});
    assert_int_equal(hufu_certificate_key_usage(certificate), UINT32_MAX);
    assert_false(hufu_certificate_is_ca(certificate));
}

struct restriction {
    int extension;
    struct hufu_bytes content;
    uint32_t key_usage;
    bool is_ca;
};

/* OpenSSL reads what can be read at all as hufu does. */
static void is_restricted_by_its_extensions(void **state)
{
    (void)state;
    const struct restriction restrictions[] = {
        {NID_key_usage, BYTES("\x03\x02\x07\x80"), 0x80, false},
        {NID_key_usage, BYTES("\x03\x02\x00\xff"), 0xff, false},
        {NID_key_usage, BYTES("\x03\x03\x07\x00\x80"), 0x8000, false}, /* decipherOnly */
        {NID_key_usage, BYTES("\x03\x01\x00"), 0, false},
        {NID_key_usage, BYTES("\x03\x02\x07"), 0, false}, /* cut off */
        {NID_key_usage, BYTES("\x04\x01\x80"), 0, false}, /* an OCTET STRING */
        {NID_key_usage, BYTES(""), 0, false},
        {NID_basic_constraints, BYTES("\x30\x00"), UINT32_MAX, false},
        {NID_basic_constraints, BYTES("\x30\x03\x01\x01\xff"), UINT32_MAX, true},
    };
    for (size_t i = 0; i < COUNT(restrictions); i++) {
        const struct restriction *row = &restrictions[i];
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *certificate =
            craft(&(struct crafted){.extension = row->extension, .content = row->content});
        assert_int_equal(hufu_certificate_key_usage(certificate), row->key_usage);
        assert_int_equal(hufu_certificate_is_ca(certificate), row->is_ca);
        X509 *x509 = hufu_certificate_x509(certificate);
        assert_int_equal(X509_get_key_usage(x509), row->key_usage);
        assert_int_equal((X509_get_extension_flags(x509) & EXFLAG_CA) != 0, row->is_ca);
    }
}

static void has_its_key_where_it_is_needed(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = citizen_certificate("citizen/sign.der");
    assert_null(X509_get0_pubkey(hufu_certificate_without_key(certificate)));
    X509 *whole = hufu_certificate_x509(certificate);
    assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(whole)), EVP_PKEY_RSA);
    assert_ptr_equal(hufu_certificate_x509(certificate), whole);
}

/* --- reading --- */

static enum hufu_status read_der(const uint8_t *der, size_t len)
{
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(der, len);
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    struct hufu_error err = {0};
    enum hufu_status status = hufu_certificate_read(hufu_bytes_of(copy, len), &certificate, &err);
    assert_int_equal(status, err.status);
    assert_int_equal(status == HUFU_OK, certificate != NULL);
    return status;
}

static void refuses_a_part_and_more(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *none = NULL;
    read_citizen("citizen/sign.der", &der);
    assert_int_equal(read_der(der.data, der.len), HUFU_OK);
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(read_der(der.data, len), HUFU_E_CERTIFICATE_FORMAT);
    hufu_buf_add_u8(&der, 0);
    assert_int_equal(read_der(der.data, der.len), HUFU_E_CERTIFICATE_FORMAT);
    assert_int_equal(hufu_certificate_read(hufu_bytes_of(NULL, 0), &none, NULL),
                     HUFU_E_CERTIFICATE_FORMAT);
}

static void takes_16_kib(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_free) char *content = repeat('x', HUFU_CERTIFICATE_MAX);
    struct crafted crafted = {.extension = NID_netscape_comment,
                              .content = hufu_bytes_of(content, 10000)};
    craft_der(&crafted, &small);
    for (size_t len = HUFU_CERTIFICATE_MAX; len <= HUFU_CERTIFICATE_MAX + 1; len++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 2 * HUFU_CERTIFICATE_MAX};
        crafted.content.len = 10000 + len - small.len;
        craft_der(&crafted, &der);
        assert_int_equal(der.len, len);
        assert_int_equal(read_der(der.data, der.len),
                         len <= HUFU_CERTIFICATE_MAX ? HUFU_OK : HUFU_E_CERTIFICATE_FORMAT);
    }
}

static enum hufu_status read_text(const char *text)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    return hufu_certificate_read_base64(text, &certificate, NULL);
}

static void base64_may_have_line_breaks(void **state)
{
    (void)state;
    static const char *const breaks[] = {"\n", "\r\n"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
    read_citizen_base64("citizen/sign.der", &text);
    assert_int_equal(read_text(hufu_buf_text(&text)), HUFU_OK);
    for (size_t i = 0; i < COUNT(breaks); i++)
        for (size_t width = 64; width <= 76; width += 12) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf lines = {.max = 4000};
            for (size_t at = 0; at < text.len; at += width) {
                size_t left = text.len - at;
                hufu_buf_add(&lines, text.data + at, left < width ? left : width);
                hufu_buf_add_text(&lines, breaks[i]);
            }
            assert_int_equal(read_text(hufu_buf_text(&lines)), HUFU_OK);
        }
}

static void refuses_other_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "=",         "====", "AAAA",
                                        "MIIB", "undefined", "登入", "-----BEGIN CERTIFICATE-----"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
    HUFU_AUTO(hufu_free) char *too_long = repeat('A', 2 * HUFU_CERTIFICATE_MAX + 1);
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(read_text(texts[i]), HUFU_E_CERTIFICATE_FORMAT);
    assert_int_equal(read_text(too_long), HUFU_E_CERTIFICATE_FORMAT);
    read_citizen_base64("citizen/sign.der", &text);
    text.data[text.len / 2] = '!';
    assert_int_equal(read_text(hufu_buf_text(&text)), HUFU_E_CERTIFICATE_FORMAT);
    text.data[text.len / 2] = 0;
    assert_int_equal(read_text(hufu_buf_text(&text)), HUFU_E_CERTIFICATE_FORMAT);
    hufu_certificate_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_names),
        cmocka_unit_test(tells_attributes),
        cmocka_unit_test(tells_what_it_is_for),
        cmocka_unit_test(hands_out_its_key_and_itself),
        cmocka_unit_test(serial_is_hex),
        cmocka_unit_test(dates_are_in_taiwan),
        cmocka_unit_test(joins_several_values),
        cmocka_unit_test(finds_a_part_that_openssl_does_not_know),
        cmocka_unit_test(names_become_utf8),
        cmocka_unit_test(a_name_has_to_fit),
        cmocka_unit_test(reads_attributes_with_care),
        cmocka_unit_test(asks_for_no_other_text_than_an_oid),
        cmocka_unit_test(lists_extensions),
        cmocka_unit_test(names_the_algorithm),
        cmocka_unit_test(an_unrestricted_key_is_for_everything),
        cmocka_unit_test(is_restricted_by_its_extensions),
        cmocka_unit_test(has_its_key_where_it_is_needed),
        cmocka_unit_test(refuses_a_part_and_more),
        cmocka_unit_test(takes_16_kib),
        cmocka_unit_test(base64_may_have_line_breaks),
        cmocka_unit_test(refuses_other_texts),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
