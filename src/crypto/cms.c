#include "crypto/cms.h"

#include "base/cleanup.h"
#include "crypto/asn1.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/objects.h>

HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)

static CMS_ContentInfo *read_signed(struct hufu_bytes der)
{
    const unsigned char *at = der.data;
    if (!der.data || der.len > LONG_MAX)
        return NULL;
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    bool whole = cms && at == der.data + der.len;
    return whole && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed ? HUFU_TAKE(cms) : NULL;
}

/* rsaEncryption beside sha256 is sha256WithRSAEncryption. */
static const ASN1_OBJECT *algorithm_of(CMS_SignerInfo *signer)
{
    X509_ALGOR *digest = NULL;
    X509_ALGOR *signature = NULL;
    const ASN1_OBJECT *hash = NULL;
    const ASN1_OBJECT *key = NULL;
    int both = NID_undef;
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
    X509_ALGOR_get0(&hash, NULL, NULL, digest);
    X509_ALGOR_get0(&key, NULL, NULL, signature);
    return OBJ_find_sigid_by_algs(&both, OBJ_obj2nid(hash), OBJ_obj2nid(key)) == 1
               ? OBJ_nid2obj(both)
               : key;
}

enum hufu_status hufu_cms_signature_algorithm(struct hufu_bytes der, unsigned long index,
                                              struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(CMS_ContentInfo_free_auto) CMS_ContentInfo *cms = read_signed(der);
    if (!cms)
        return hufu_fail(err, HUFU_E_MESSAGE_FORMAT, "not one SignedData");
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
    if (!signers || index >= (unsigned long)sk_CMS_SignerInfo_num(signers))
        return hufu_fail(err, HUFU_E_NO_SIGNER, NULL);
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, (int)index);
    if (!hufu_asn1_algorithm(algorithm_of(signer), ret_text))
        return hufu_fail(err, HUFU_E_MESSAGE_FORMAT, "algorithm");
    return HUFU_OK;
}
