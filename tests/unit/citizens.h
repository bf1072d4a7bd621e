/* The made-up citizens of data/kit/citizens. Made where HUFU_TEST_CITIZENS says, once. */
#ifndef HUFU_TESTS_CITIZENS_H
#define HUFU_TESTS_CITIZENS_H

#include "bytes.h"

#include "base/file.h"
#include "crypto/certificate.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)

/* A group setup. */
static inline int citizens_setup(void **state)
{
    char *arguments[] = {getenv("HUFU_TEST_CITIZENS_MAKE"), getenv("HUFU_TEST_CITIZENS"), NULL};
    pid_t child = 0;
    int status = -1;
    (void)state;
    if (!arguments[0] || !arguments[1] ||
        posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) ||
        waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

/* The path of `name`, for example "citizen/sign.der"; the next call overwrites it. */
static inline const char *citizens_path(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", getenv("HUFU_TEST_CITIZENS"), name);
    return path;
}

static inline void read_citizen(const char *name, struct hufu_buf *ret_bytes)
{
    assert_int_equal(hufu_file_read(citizens_path(name), ret_bytes), 0);
}

static inline struct hufu_certificate *citizen_certificate(const char *name)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    struct hufu_certificate *certificate = NULL;
    read_citizen(name, &der);
    assert_int_equal(hufu_certificate_read(hufu_buf_bytes(&der), &certificate, NULL), HUFU_OK);
    return certificate;
}

static inline EVP_PKEY *citizen_key(const char *name)
{
    FILE *file = fopen(citizens_path(name), "r");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(key);
    return key;
}

/* The standard base64 of a DER file, on one line. */
static inline void read_citizen_base64(const char *name, struct hufu_buf *ret_text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    read_citizen(name, &der);
    uint8_t *text = hufu_buf_extend(ret_text, (der.len + 2) / 3 * 4);
    assert_non_null(text);
    EVP_EncodeBlock(text, der.data, (int)der.len);
}

#endif
