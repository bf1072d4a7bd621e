#include "crypto/sha256.h"

#include "base/cleanup.h"

#include <openssl/evp.h>
#include <stdio.h>

bool hufu_sha256(struct hufu_bytes bytes, char ret_hex[HUFU_SHA256_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const void *data = bytes.data ? (const void *)bytes.data : "";
    if (!EVP_Digest(data, bytes.len, digest, &len, EVP_sha256(), NULL))
        return false;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = HUFU_SHA256_SIZE};
    hufu_buf_add_hex(&hex, digest, len);
    snprintf(ret_hex, HUFU_SHA256_SIZE, "%s", hufu_buf_text(&hex));
    return !hex.failed;
}
