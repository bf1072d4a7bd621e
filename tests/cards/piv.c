#include "piv.h"

#include "base/cleanup.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Status words (ISO 7816-4). */
enum {
    SW_OK = 0x9000,
    SW_MORE = 0x6100,
    SW_WRONG_PIN = 0x63c0,
    SW_WRONG_LENGTH = 0x6700,
    SW_PIN_NEEDED = 0x6982,
    SW_LOCKED = 0x6983,
    SW_NOT_NOW = 0x6985,
    SW_BAD_DATA = 0x6a80,
    SW_NOT_FOUND = 0x6a82,
    SW_BAD_REFERENCE = 0x6a88,
    SW_UNKNOWN_COMMAND = 0x6d00,
    SW_FAILED = 0x6f00,
};

enum {
    INS_VERIFY = 0x20,
    INS_GENERAL_AUTHENTICATE = 0x87,
    INS_SELECT = 0xa4,
    INS_GET_RESPONSE = 0xc0,
    INS_GET_DATA = 0xcb,
    CLA_MORE_FOLLOWS = 0x10,
    RSA_2048 = 0x07,
    P_256 = 0x11,
    PIN_SIZE = 8,
    DATA_MAX = 4096,
    RESPONSE_MAX = 256,
};

HUFU_DEFINE_AUTO(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(FILE *, fclose)

/* Where a citizen's keys go: 9A wants the PIN once, 9C before every signature. */
static const struct {
    uint8_t reference;
    uint32_t object;
    const char *use;
    bool pin_each_time;
} places[PIV_PLACES] = {
    {0x9a, 0x5fc105, "sign", false},
    {0x9c, 0x5fc10a, "sign", true},
    {0x9d, 0x5fc10b, "keyx", false},
};

/* One command, chained parts joined. */
struct apdu {
    uint8_t ins, p1, p2;
    struct hufu_bytes data;
};

static void add_tlv(struct hufu_buf *buf, uint8_t tag, const void *value, size_t len)
{
    hufu_buf_add_u8(buf, tag);
    if (len > 0x7f)
        hufu_buf_add_u8(buf, len > 0xff ? 0x82 : 0x81);
    if (len > 0xff)
        hufu_buf_add_u8(buf, (uint8_t)(len >> 8));
    hufu_buf_add_u8(buf, (uint8_t)len);
    hufu_buf_add(buf, value, len);
}

/* Takes one value with its tag off the front of `from`. */
static bool take_tlv(struct hufu_bytes *from, uint8_t *ret_tag, struct hufu_bytes *ret_value)
{
    if (from->len < 2)
        return false;
    size_t at = 2, len = from->data[1];
    if (len > 0x80) {
        size_t more = len & 0x7f;
        if (more > 2 || from->len < at + more)
            return false;
        for (len = 0; more > 0; more--)
            len = len << 8 | from->data[at++];
    }
    if (len > from->len - at)
        return false;
    *ret_tag = from->data[0];
    *ret_value = hufu_bytes_of(from->data + at, len);
    *from = hufu_bytes_of(from->data + at + len, from->len - at - len);
    return true;
}

/* Selecting it again changes nothing: a PIN that was shown stays shown. */
static uint16_t select_application(struct piv_card *card, const struct apdu *apdu)
{
    static const uint8_t piv[] = {0xa0, 0, 0, 3, 8, 0, 0, 0x10, 0, 1, 0};
    static const uint8_t properties[] = {0x61, 0x11, 0x4f, 0x06, 0,    0, 0x10, 0, 1, 0,
                                         0x79, 0x07, 0x4f, 0x05, 0xa0, 0, 0,    3, 8};
    size_t len = apdu->data.len; /* the end of the name may be left out */
    if (len < 5 || len > sizeof piv || memcmp(apdu->data.data, piv, len) != 0)
        return SW_NOT_FOUND;
    card->selected = true;
    hufu_buf_add(&card->answer, properties, sizeof properties);
    return SW_OK;
}

/* The holder's identifier. Its GUID is what tells two cards apart: the end of a certificate. */
static void add_identifier(const struct hufu_buf *certificate, struct hufu_buf *answer)
{
    static const uint8_t all_nines[] = {0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c, 0xed, 0x39, 0xce,
                                        0x73, 0x9d, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10,
                                        0x84, 0x21, 0xc8, 0x42, 0x10, 0xc3, 0xeb};
    enum { GUID_SIZE = 16 };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf inner = {.max = DATA_MAX};
    add_tlv(&inner, 0x30, all_nines, sizeof all_nines);
    add_tlv(&inner, 0x34, certificate->data + certificate->len - GUID_SIZE, GUID_SIZE);
    add_tlv(&inner, 0x35, "20401231", 8);
    add_tlv(&inner, 0x3e, "", 0);
    add_tlv(&inner, 0xfe, "", 0);
    add_tlv(answer, 0x53, inner.data, inner.len);
}

static void add_certificate(const struct hufu_buf *certificate, struct hufu_buf *answer)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf inner = {.max = DATA_MAX};
    add_tlv(&inner, 0x70, certificate->data, certificate->len);
    add_tlv(&inner, 0x71, "", 1);
    add_tlv(&inner, 0xfe, "", 0);
    add_tlv(answer, 0x53, inner.data, inner.len);
}

static uint16_t get_data(struct piv_card *card, const struct apdu *apdu)
{
    struct hufu_bytes data = apdu->data, name;
    uint8_t tag;
    if (!take_tlv(&data, &tag, &name) || tag != 0x5c || name.len > 3)
        return SW_BAD_DATA;
    uint32_t object = 0;
    for (size_t i = 0; i < name.len; i++)
        object = object << 8 | name.data[i];
    if (object == 0x5fc102)
        add_identifier(&card->keys[0].certificate, &card->answer);
    for (size_t i = 0; i < PIV_PLACES; i++)
        if (places[i].object == object && card->keys[i].private)
            add_certificate(&card->keys[i].certificate, &card->answer);
    return card->answer.len > 0 ? SW_OK : SW_NOT_FOUND;
}

static uint16_t pin_state(const struct piv_card *card)
{
    if (card->verified)
        return SW_OK;
    return card->tries > 0 ? (uint16_t)(SW_WRONG_PIN | card->tries) : SW_LOCKED;
}

static uint16_t verify_pin(struct piv_card *card, const struct apdu *apdu)
{
    if (apdu->p2 != 0x80)
        return SW_BAD_REFERENCE;
    if (apdu->data.len == 0 || card->tries == 0)
        return pin_state(card);
    uint8_t padded[PIN_SIZE];
    memset(padded, 0xff, sizeof padded);
    memcpy(padded, card->pin, strlen(card->pin));
    card->verified = apdu->data.len == PIN_SIZE && memcmp(apdu->data.data, padded, PIN_SIZE) == 0;
    card->fresh = card->verified;
    card->tries = card->verified ? PIV_TRIES : card->tries - 1;
    printf("PIN %s, tries left: %u\n", card->verified ? "right" : "wrong", card->tries);
    return pin_state(card);
}

/* RSA without padding: the host has padded (to sign) or will unpad (to decrypt). */
static bool use_key(EVP_PKEY *key, struct hufu_bytes input, struct hufu_buf *ret_output)
{
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    uint8_t *output = hufu_buf_extend(ret_output, len);
    if (!context || !output || EVP_PKEY_sign_init(context) <= 0)
        return false;
    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) <= 0)
        return false;
    if (EVP_PKEY_sign(context, output, &len, input.data, input.len) <= 0)
        return false;
    ret_output->len = len;
    return true;
}

static bool take_challenge(struct hufu_bytes data, struct hufu_bytes *ret_challenge)
{
    struct hufu_bytes content;
    uint8_t tag;
    if (!take_tlv(&data, &tag, &content) || tag != 0x7c)
        return false;
    while (take_tlv(&content, &tag, ret_challenge))
        if (tag == 0x81)
            return true;
    return false;
}

static uint16_t answer_challenge(struct piv_card *card, EVP_PKEY *key, struct hufu_bytes challenge)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf output = {.max = DATA_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf inner = {.max = DATA_MAX};
    if (!use_key(key, challenge, &output))
        return SW_FAILED;
    card->fresh = false;
    add_tlv(&inner, 0x82, output.data, output.len);
    add_tlv(&card->answer, 0x7c, inner.data, inner.len);
    return SW_OK;
}

static uint16_t general_authenticate(struct piv_card *card, const struct apdu *apdu)
{
    size_t place = 0;
    while (place < PIV_PLACES && places[place].reference != apdu->p2)
        place++;
    EVP_PKEY *key = place < PIV_PLACES ? card->keys[place].private : NULL;
    if (!key || apdu->p1 != (EVP_PKEY_is_a(key, "RSA") ? RSA_2048 : P_256))
        return SW_BAD_REFERENCE;
    struct hufu_bytes challenge;
    if (!take_challenge(apdu->data, &challenge))
        return SW_BAD_DATA;
    if (!card->verified || (places[place].pin_each_time && !card->fresh))
        return SW_PIN_NEEDED;
    printf("key %02X used\n", apdu->p2);
    return answer_challenge(card, key, challenge);
}

static const struct {
    uint8_t ins;
    uint16_t (*run)(struct piv_card *card, const struct apdu *apdu);
} commands[] = {
    {INS_VERIFY, verify_pin},
    {INS_GENERAL_AUTHENTICATE, general_authenticate},
    {INS_SELECT, select_application},
    {INS_GET_DATA, get_data},
};

static uint16_t run(struct piv_card *card, const struct apdu *apdu)
{
    if (!card->selected && apdu->ins != INS_SELECT)
        return SW_NOT_NOW;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].ins == apdu->ins)
            return commands[i].run(card, apdu);
    return SW_UNKNOWN_COMMAND;
}

/* Runs a command once its last part is there. The header is four bytes and the data's length. */
static uint16_t take_command(struct piv_card *card, struct hufu_bytes part)
{
    size_t len = part.len > 5 ? part.data[4] : 0;
    if (part.len < 4 || (len > 0 && len > part.len - 5))
        return SW_WRONG_LENGTH;
    hufu_buf_clear(&card->answer);
    card->answered = 0;
    hufu_buf_add(&card->command, part.data + 5, len);
    if (part.data[0] & CLA_MORE_FOLLOWS)
        return SW_OK;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = card->command;
    hufu_buf_init(&card->command, DATA_MAX);
    struct apdu apdu = {part.data[1], part.data[2], part.data[3], hufu_buf_bytes(&data)};
    return data.failed ? SW_WRONG_LENGTH : run(card, &apdu);
}

/* A long answer is fetched in parts by GET RESPONSE. */
void piv_card_answer(struct piv_card *card, struct hufu_bytes command,
                     struct hufu_buf *ret_response)
{
    bool fetch = command.len > 1 && command.data[1] == INS_GET_RESPONSE;
    uint16_t status = fetch ? SW_OK : take_command(card, command);
    hufu_buf_clear(ret_response);
    if (status == SW_OK && card->answer.len > card->answered) {
        size_t left = card->answer.len - card->answered;
        size_t part = left < RESPONSE_MAX ? left : RESPONSE_MAX;
        hufu_buf_add(ret_response, card->answer.data + card->answered, part);
        card->answered += part;
        left -= part;
        if (left > 0)
            status = (uint16_t)(SW_MORE | (left > 0xff ? 0 : left));
    }
    hufu_buf_add_u8(ret_response, (uint8_t)(status >> 8));
    hufu_buf_add_u8(ret_response, (uint8_t)status);
}

bool piv_command_uses_key(struct hufu_bytes command)
{
    return command.len > 1 && command.data[1] == INS_GENERAL_AUTHENTICATE &&
           !(command.data[0] & CLA_MORE_FOLLOWS);
}

void piv_card_reset(struct piv_card *card)
{
    card->selected = card->verified = card->fresh = false;
    card->answered = 0;
    hufu_buf_clear(&card->command);
    hufu_buf_clear(&card->answer);
}

static FILE *open_part(const char *citizen, const char *use, const char *suffix)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.%s", citizen, use, suffix);
    return fopen(path, "re");
}

static EVP_PKEY *load_key(const char *citizen, const char *use)
{
    HUFU_AUTO(fclose_auto) FILE *file = open_part(citizen, use, "key");
    return file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
}

static void load_certificate(const char *citizen, const char *use, struct hufu_buf *ret_der)
{
    HUFU_AUTO(fclose_auto) FILE *file = open_part(citizen, use, "pem");
    HUFU_AUTO(X509_free_auto)
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    int len = certificate ? i2d_X509(certificate, NULL) : 0;
    uint8_t *der = len > 0 ? hufu_buf_extend(ret_der, (size_t)len) : NULL;
    if (der)
        i2d_X509(certificate, &der);
}

bool piv_card_init(struct piv_card *card, const char *citizen, const char *pin, bool pin_each_time)
{
    *card = (struct piv_card){.pin = pin, .tries = PIV_TRIES};
    hufu_buf_init(&card->command, DATA_MAX);
    hufu_buf_init(&card->answer, DATA_MAX);
    for (size_t i = 0; i < PIV_PLACES; i++) {
        hufu_buf_init(&card->keys[i].certificate, DATA_MAX);
        if (places[i].pin_each_time && !pin_each_time)
            continue;
        card->keys[i].private = load_key(citizen, places[i].use);
        load_certificate(citizen, places[i].use, &card->keys[i].certificate);
    }
    return card->keys[0].private && card->keys[0].certificate.len > 0 && strlen(pin) <= PIN_SIZE;
}

void piv_card_done(struct piv_card *card)
{
    for (size_t i = 0; i < PIV_PLACES; i++) {
        EVP_PKEY_free(card->keys[i].private);
        hufu_buf_done(&card->keys[i].certificate);
    }
    hufu_buf_done(&card->command);
    hufu_buf_done(&card->answer);
}
