#include "crypto/envelope.h"

#include "fuzz.h"

HUFU_DEFINE_AUTO(struct hufu_envelope *, hufu_envelope_free)

/* The receiver of the corpus: RSA-1024, which is fast, of nobody. Its key is not needed. */
static const char receiver_text[] =
    "MIIB8DCCAVmgAwIBAgIBBzANBgkqhkiG9w0BAQsFADAPMQ0wCwYDVQQDDARmdXp6MCAXDTI2MTEy"
    "ODAzMjgxOFoYDzIxMjYxMTA0MDMyODE4WjAPMQ0wCwYDVQQDDARmdXp6MIGfMA0GCSqGSIb3DQEB"
    "AQUAA4GNADCBiQKBgQDIXDxY9fyNNY6q0OHi2supNBDstP6YdQTUcgZhFOsVSFnG/vcwPbYXcCHK"
    "uH6zWLcpnaumRuEVbfbgGZ/2CUFyAG4vlAxhQ8GXF3s4yqV7gkYRpRdksKH8iO9oe/EBWW0zg5XN"
    "BZYFDN6s2TpYdfrjwam9IPDoebVxFkKIo5TvkQIDAQABo1owWDAdBgNVHQ4EFgQU7BE1rpqmTf6j"
    "QX0KhpXYU/Xkar8wHwYDVR0jBBgwFoAU7BE1rpqmTf6jQX0KhpXYU/Xkar8wCwYDVR0PBAQDAgUg"
    "MAkGA1UdEwQCMAAwDQYJKoZIhvcNAQELBQADgYEANI9IsOyKeUZkzxz0PZro1HP8CCx+RiwuQ5d/"
    "loD8ZDUY+91SytkGXsdIBRgm4K8jZfy/QCjPSRmw0BEBZVXsXInbHDa+tJATMfKP7H1rWaLSa7m6"
    "TAd2KrDz+YDfizzMVG93Kkf24IFjOOZJpohuYoCxi4Cf6cp3BTeHR20m47E=";

static const struct hufu_certificate *receiver(void)
{
    static struct hufu_certificate *certificate;
    if (!certificate)
        require(hufu_certificate_read_base64(receiver_text, &certificate, NULL) == HUFU_OK);
    return certificate;
}

/* A card that needs no key, so that inputs reach what comes after it: the first byte of the cipher
 * is the length of the content key, which is the cipher's end. */
static enum hufu_status card_decrypts(void *failing, struct hufu_bytes cipher,
                                      struct hufu_buf *ret_data, struct hufu_error *err)
{
    require(cipher.data != NULL || cipher.len == 0);
    if (*(const bool *)failing)
        return hufu_fail(err, HUFU_E_REMOVED, NULL);
    if (cipher.len == 0 || cipher.data[0] >= cipher.len)
        return hufu_fail(err, HUFU_E_DECRYPT, NULL);
    size_t len = cipher.data[0];
    hufu_buf_add(ret_data, cipher.data + cipher.len - len, len);
    return HUFU_OK;
}

static void open_it(const struct hufu_envelope *envelope, bool failing, size_t len)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = FUZZ_BYTES_MAX};
    struct hufu_error err = {0};
    struct hufu_decrypter decrypter = {
        .certificate = receiver(), .decrypt = card_decrypts, .context = &failing};
    enum hufu_status status = hufu_envelope_open(envelope, &decrypter, &content, &err);
    require(status == HUFU_OK ? content.len <= len : content.len == 0 && err.status == status);
    require(status == HUFU_OK || status == HUFU_E_DECRYPT || status == HUFU_E_REMOVED);
    require(!failing || status == HUFU_E_REMOVED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_envelope_free_auto) struct hufu_envelope *envelope = NULL;
    if (hufu_envelope_read(hufu_bytes_of(data, len), &envelope, NULL) != HUFU_OK)
        return 0;
    bool mine = hufu_envelope_is_for(envelope, receiver());
    bool can = hufu_envelope_check(envelope, receiver(), NULL) == HUFU_OK;
    require(mine || !can);
    if (can) {
        open_it(envelope, false, len);
        open_it(envelope, true, len);
        open_it(envelope, false, len);
    }
    return 0;
}
