#include "xml/algorithms.h"

#include <string.h>

#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define ENC  "http://www.w3.org/2001/04/xmlenc#"
#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

static const struct hufu_xml_signature_method signature_methods[] = {
    {HUFU_XML_DSIG "rsa-sha1", HUFU_KEY_RSA, HUFU_DIGEST_SHA1},
    {MORE "rsa-sha224", HUFU_KEY_RSA, HUFU_DIGEST_SHA224},
    {MORE "rsa-sha256", HUFU_KEY_RSA, HUFU_DIGEST_SHA256},
    {MORE "rsa-sha384", HUFU_KEY_RSA, HUFU_DIGEST_SHA384},
    {MORE "rsa-sha512", HUFU_KEY_RSA, HUFU_DIGEST_SHA512},
    {MORE "ecdsa-sha1", HUFU_KEY_EC, HUFU_DIGEST_SHA1},
    {MORE "ecdsa-sha224", HUFU_KEY_EC, HUFU_DIGEST_SHA224},
    {MORE "ecdsa-sha256", HUFU_KEY_EC, HUFU_DIGEST_SHA256},
    {MORE "ecdsa-sha384", HUFU_KEY_EC, HUFU_DIGEST_SHA384},
    {MORE "ecdsa-sha512", HUFU_KEY_EC, HUFU_DIGEST_SHA512},
};

static const struct hufu_xml_digest_method digest_methods[] = {
    {HUFU_XML_DSIG "sha1", HUFU_DIGEST_SHA1}, {MORE "sha224", HUFU_DIGEST_SHA224},
    {ENC "sha256", HUFU_DIGEST_SHA256},       {MORE "sha384", HUFU_DIGEST_SHA384},
    {ENC "sha512", HUFU_DIGEST_SHA512},
};

static const struct hufu_xml_c14n_method c14n_methods[] = {
    {C14N, .exclusive = false, .comments = false},
    {C14N "#WithComments", .exclusive = false, .comments = true},
    {HUFU_XML_EXC_C14N, .exclusive = true, .comments = false},
    {HUFU_XML_EXC_C14N "WithComments", .exclusive = true, .comments = true},
};

#define FIND(table, wanted)                                                                        \
    for (size_t i = 0; (wanted) && i < sizeof(table) / sizeof((table)[0]); i++)                    \
        if (strcmp((table)[i].uri, (wanted)) == 0)                                                 \
            return &(table)[i];                                                                    \
    return NULL

const struct hufu_xml_signature_method *hufu_xml_signature_method(const char *uri)
{
    FIND(signature_methods, uri);
}

const struct hufu_xml_digest_method *hufu_xml_digest_method(const char *uri)
{
    FIND(digest_methods, uri);
}

const struct hufu_xml_c14n_method *hufu_xml_c14n_method(const char *uri)
{
    FIND(c14n_methods, uri);
}

const struct hufu_xml_c14n_method *hufu_xml_c14n_default(void)
{
    return &c14n_methods[0];
}
