#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

size_t hufu_digest_size(enum hufu_digest digest)
{
    return (size_t)EVP_MD_get_size(hufu_digest_md(digest));
}

enum hufu_status hufu_digest_make(enum hufu_digest digest, struct hufu_bytes data,
                                  struct hufu_buf *ret_bytes, struct hufu_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const void *from = data.data ? (const void *)data.data : "";
    ERR_clear_error();
    if (EVP_Digest(from, data.len, bytes, &len, hufu_digest_md(digest), NULL) != 1)
        return hufu_fail_from(err, HUFU_E_ALGORITHM, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                              "digest");
    hufu_buf_add(ret_bytes, bytes, len);
    return HUFU_OK;
}
