#include "crypto/certificate.h"

#include "base/cleanup.h"
#include "crypto/asn1.h"
#include "wire/base64.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

HUFU_DEFINE_AUTO(ASN1_OBJECT *, ASN1_OBJECT_free)

/* --- all of them --- */

/* Inferred: the OID, and what is in the extension, in base64. */
static bool add_extension(struct hufu_buf *ret_text, X509_EXTENSION *extension)
{
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
    bool named = hufu_asn1_oid(X509_EXTENSION_get_object(extension), ret_text);
    hufu_buf_add_u8(ret_text, '=');
    hufu_base64_encode(hufu_bytes_of(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data)),
                       ret_text);
    return named;
}

enum hufu_status hufu_certificate_extensions(const struct hufu_certificate *certificate,
                                             struct hufu_buf *ret_text, struct hufu_error *err)
{
    const X509 *x509 = hufu_certificate_without_key(certificate);
    int count = X509_get_ext_count(x509);
    if (count <= 0)
        return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, NULL);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            hufu_buf_add_u8(ret_text, '\n');
        if (!add_extension(ret_text, X509_get_ext(x509, i)))
            return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "extension");
    }
    return HUFU_OK;
}

/* --- subjectDirectoryAttributes ::= SEQUENCE OF Attribute --- */

static bool add_integer(struct hufu_buf *ret_text, const ASN1_INTEGER *number)
{
    char *text = i2s_ASN1_INTEGER(NULL, number);
    if (text)
        hufu_buf_add_text(ret_text, text);
    OPENSSL_free(text);
    return text != NULL;
}

/* Which types issuers use is inferred. */
static bool add_value(struct hufu_buf *ret_text, const ASN1_TYPE *value)
{
    if (!value)
        return false;
    if (value->type == V_ASN1_OBJECT)
        return hufu_asn1_oid(value->value.object, ret_text);
    if (value->type == V_ASN1_INTEGER)
        return add_integer(ret_text, value->value.integer);
    return hufu_asn1_is_text(value->type) && hufu_asn1_text(value->value.asn1_string, ret_text);
}

static bool add_values(struct hufu_buf *ret_text, X509_ATTRIBUTE *attribute)
{
    int count = X509_ATTRIBUTE_count(attribute);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            hufu_buf_add_u8(ret_text, '\n');
        if (!add_value(ret_text, X509_ATTRIBUTE_get0_type(attribute, i)))
            return false;
    }
    return count > 0;
}

static const ASN1_OCTET_STRING *directory_attributes(const struct hufu_certificate *certificate)
{
    const X509 *x509 = hufu_certificate_without_key(certificate);
    int at = X509_get_ext_by_NID(x509, NID_subject_directory_attributes, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(x509, at));
}

/* What the sequence holds; none where there is no sequence. */
static struct hufu_bytes attribute_list(const struct hufu_certificate *certificate)
{
    const ASN1_OCTET_STRING *extension = directory_attributes(certificate);
    const unsigned char *at = extension ? ASN1_STRING_get0_data(extension) : NULL;
    long len = extension ? ASN1_STRING_length(extension) : 0;
    int tag = 0;
    int class = 0;
    if (!at || ASN1_get_object(&at, &len, &tag, &class, len) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE)
        return hufu_bytes_of(NULL, 0);
    return hufu_bytes_of(at, (size_t)len);
}

enum hufu_status hufu_certificate_attribute(const struct hufu_certificate *certificate,
                                            const char *oid, struct hufu_buf *ret_text,
                                            struct hufu_error *err)
{
    HUFU_AUTO(ASN1_OBJECT_free_auto) ASN1_OBJECT *wanted = hufu_asn1_read_oid(oid);
    if (!wanted)
        return hufu_fail(err, HUFU_E_PARAMETER, "not an OID");
    struct hufu_bytes list = attribute_list(certificate);
    const unsigned char *at = list.data;
    while (at < list.data + list.len) {
        X509_ATTRIBUTE *attribute =
            d2i_X509_ATTRIBUTE(NULL, &at, (long)(list.data + list.len - at));
        if (!attribute)
            return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "subjectDirectoryAttributes");
        bool found = OBJ_cmp(X509_ATTRIBUTE_get0_object(attribute), wanted) == 0;
        bool added = found && add_values(ret_text, attribute);
        X509_ATTRIBUTE_free(attribute);
        if (found)
            return added ? HUFU_OK : hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "attribute value");
    }
    return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, NULL);
}
