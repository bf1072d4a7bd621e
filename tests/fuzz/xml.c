#include "crypto/certificate.h"
#include "xml/scan.h"
#include "xml/template.h"
#include "xml/tree.h"

#include "fuzz.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

HUFU_DEFINE_AUTO(struct hufu_xml_template *, hufu_xml_template_free)

enum { RESULT_MAX = 1024 * 1024, RSA_BITS = 1024 };

/* Something that has a key; nobody vouches for it. */
static struct hufu_certificate *make_certificate(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    struct hufu_certificate *certificate = NULL;
    X509 *x509 = X509_new();
    require(key && x509 && X509_set_pubkey(x509, key) == 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 0);
    require(X509_sign(x509, key, EVP_sha256()) > 0);
    int len = i2d_X509(x509, &der);
    require(len > 0 &&
            hufu_certificate_read(hufu_bytes_of(der, (size_t)len), &certificate, NULL) == HUFU_OK);
    OPENSSL_free(der);
    X509_free(x509);
    EVP_PKEY_free(key);
    return certificate;
}

static const struct hufu_certificate *certificate_for(enum hufu_key_kind kind)
{
    static struct hufu_certificate *rsa, *ec;
    rsa = rsa ? rsa : make_certificate(EVP_RSA_gen(RSA_BITS));
    ec = ec ? ec : make_certificate(EVP_EC_gen("P-256"));
    return kind == HUFU_KEY_RSA ? rsa : ec;
}

static enum hufu_status fill(struct hufu_bytes text, bool computes, struct hufu_buf *ret_text)
{
    static const uint8_t value[64] = {1};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf signed_info = {.max = RESULT_MAX};
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    struct hufu_error err = {0};
    HUFU_TRY(hufu_xml_template_open(text, "S1", &template, &err));
    const struct hufu_certificate *certificate =
        certificate_for(hufu_xml_template_method(template)->key);
    HUFU_TRY(hufu_xml_template_set_certificate(template, certificate, &err));
    HUFU_TRY(computes ? hufu_xml_template_make_digests(template, &err)
                      : hufu_xml_template_check_digests(template, &err));
    HUFU_TRY(hufu_xml_template_signed_info(template, &signed_info, &err));
    require(signed_info.len > 0 && signed_info.data[0] == '<');
    HUFU_TRY(hufu_xml_template_set_signature(template, hufu_bytes_of(value, sizeof value), &err));
    return hufu_xml_template_write(template, ret_text, &err);
}

/* What was refused is refused for a reason of the page's, and what was filled stays so. */
static void check_fill(struct hufu_bytes text, bool computes)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf first = {.max = RESULT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = RESULT_MAX};
    enum hufu_status status = fill(text, computes, &first);
    if (status != HUFU_OK) {
        require(first.len == 0 && status != HUFU_E_COMPONENT && status != HUFU_E_SIGN);
        return;
    }
    require(fill(hufu_buf_bytes(&first), computes, &again) == HUFU_OK);
    require(again.len == first.len && memcmp(again.data, first.data, first.len) == 0);
    again.len = 0;
    require(fill(hufu_buf_bytes(&first), false, &again) == HUFU_OK);
    require(again.len == first.len && memcmp(again.data, first.data, first.len) == 0);
}

/* The next tag that starts an element is that of `element`. */
static void check_tag(struct hufu_xml_scanner *scanner, const xmlNode *element)
{
    enum hufu_xml_token token = hufu_xml_scan(scanner);
    while (token != HUFU_XML_START && token != HUFU_XML_EMPTY) {
        require(token != HUFU_XML_BROKEN && token != HUFU_XML_END_OF_TEXT);
        token = hufu_xml_scan(scanner);
    }
    const char *prefix = element->ns ? (const char *)element->ns->prefix : NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf name = {.max = RESULT_MAX};
    hufu_buf_printf(&name, "%s%s%s", prefix ? prefix : "", prefix ? ":" : "", element->name);
    const uint8_t *tag = scanner->text.data + scanner->first + 1;
    require(memcmp(tag, name.data, name.len) == 0 && strchr("/> \t\r\n", tag[name.len]));
    require(token == HUFU_XML_START || !element->children);
}

/* The scanner and libxml2 see the same elements in what both take. */
static void check_scanner(struct hufu_bytes text)
{
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr document = NULL;
    struct hufu_xml_scanner scanner = {.text = text};
    if (hufu_xml_parse(text, &document, NULL) != HUFU_OK)
        return;
    xmlNodePtr root = xmlDocGetRootElement(document);
    for (xmlNodePtr node = root; node; node = hufu_xml_next(node, root, true))
        if (node->type == XML_ELEMENT_NODE)
            check_tag(&scanner, node);
    for (enum hufu_xml_token token; (token = hufu_xml_scan(&scanner)) != HUFU_XML_END_OF_TEXT;)
        require(token == HUFU_XML_END || token == HUFU_XML_OTHER || token == HUFU_XML_TEXT);
    require(hufu_xml_equal(root, root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) uint8_t *copy = fuzz_copy(data, len);
    struct hufu_bytes text = hufu_bytes_of(copy, len);
    check_scanner(text);
    check_fill(text, true);
    check_fill(text, false);
    return 0;
}
