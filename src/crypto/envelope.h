/* Messages for the holder of a certificate: CMS EnvelopedData (RFC 5652, 6), AuthEnvelopedData
 * (RFC 5083, with AES-GCM), and the bare RSA under them. Keys travel by RSAES-PKCS1-v1_5, the only
 * way that the servers of old pages read and that every card has. */
#ifndef HUFU_CRYPTO_ENVELOPE_H
#define HUFU_CRYPTO_ENVELOPE_H

#include "base/buf.h"
#include "crypto/certificate.h"
#include "error/error.h"

#include <openssl/types.h>

/* A letter to a whole office. Each is compared with each certificate of the card. */
#define HUFU_RECIPIENTS_MAX 256

enum hufu_cipher {
    HUFU_CIPHER_DES3,
    HUFU_CIPHER_AES128,
    HUFU_CIPHER_AES192,
    HUFU_CIPHER_AES256,
}; /* all CBC */

/* Appends an EnvelopedData, DER, for one receiver, who is named by issuer and serial number.
 * HUFU_E_KEY_USAGE when the certificate's key is not for encryption, HUFU_E_ALGORITHM when it is
 * not RSA, HUFU_E_ENCRYPT. */
enum hufu_status hufu_envelope_seal(const struct hufu_certificate *to, enum hufu_cipher cipher,
                                    struct hufu_bytes content, struct hufu_buf *ret_der,
                                    struct hufu_error *err);

/* Appends RSAES-PKCS1-v1_5 of `data`. As above, and HUFU_E_DATA_LENGTH for more than the key takes.
 */
enum hufu_status hufu_rsa_encrypt(const struct hufu_certificate *to, struct hufu_bytes data,
                                  struct hufu_buf *ret_cipher, struct hufu_error *err);

/* --- opening; the message is hostile --- */

struct hufu_envelope;

/* Reads exactly one message, DER or BER. HUFU_E_MESSAGE_FORMAT (also for other contents and for
 * more than HUFU_RECIPIENTS_MAX), HUFU_E_NO_CONTENT when its content is elsewhere, HUFU_E_ALGORITHM
 * for a cipher that OpenSSL does not have by default, such as DES, RC2 and RC4. Own the result. */
enum hufu_status hufu_envelope_read(struct hufu_bytes message, struct hufu_envelope **ret_envelope,
                                    struct hufu_error *err);
void hufu_envelope_free(struct hufu_envelope *envelope);

/* Whether a recipient is named as this certificate is: by issuer and serial number, or by key
 * identifier. */
bool hufu_envelope_is_for(const struct hufu_envelope *envelope,
                          const struct hufu_certificate *certificate);

/* HUFU_E_ALGORITHM when its key does not travel by RSAES-PKCS1-v1_5: OAEP. */
enum hufu_status hufu_envelope_check(const struct hufu_envelope *envelope,
                                     const struct hufu_certificate *certificate,
                                     struct hufu_error *err);

/* The key's operation: appends what RSAES-PKCS1-v1_5 of `cipher` held. HUFU_E_DECRYPT for anything
 * that may be due to `cipher`; other failures are those of the card. */
typedef enum hufu_status hufu_raw_decrypt(void *context, struct hufu_bytes cipher,
                                          struct hufu_buf *ret_data, struct hufu_error *err);

/* All borrowed while the decrypter is in use. */
struct hufu_decrypter {
    const struct hufu_certificate *certificate;
    hufu_raw_decrypt *decrypt;
    void *context;
    struct hufu_error card; /* a failure of the card; OpenSSL cannot carry it. Start with {0} */
};

/* Appends the content. HUFU_E_DECRYPT whatever of the message is wrong, without a word more: who
 * sends one message after another learns nothing of the key (Bleichenbacher). Where the key does
 * not come out, OpenSSL goes on with a random one. On failure `ret_content` holds nothing. */
enum hufu_status hufu_envelope_open(const struct hufu_envelope *envelope,
                                    struct hufu_decrypter *decrypter, struct hufu_buf *ret_content,
                                    struct hufu_error *err);

/* An EVP_PKEY with the certificate's public key whose decryption is the decrypter's. For crypto/
 * only; EVP_PKEY_free it before the decrypter goes. */
enum hufu_status hufu_decrypter_key(struct hufu_decrypter *decrypter, EVP_PKEY **ret_key,
                                    struct hufu_error *err);

#endif
