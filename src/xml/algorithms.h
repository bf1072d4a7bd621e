/* The algorithms of XML Signature by their URIs (RFC 9231 lists them), one table a kind. */
#ifndef HUFU_XML_ALGORITHMS_H
#define HUFU_XML_ALGORITHMS_H

#include "crypto/key.h"
#include "crypto/signer.h"

#include <stdbool.h>

#define HUFU_XML_DSIG      "http://www.w3.org/2000/09/xmldsig#"
#define HUFU_XML_EXC_C14N  "http://www.w3.org/2001/10/xml-exc-c14n#"
#define HUFU_XML_ENVELOPED HUFU_XML_DSIG "enveloped-signature"

struct hufu_xml_signature_method {
    const char *uri;
    enum hufu_key_kind key; /* ECDSA: r and s side by side */
    enum hufu_digest digest;
};

struct hufu_xml_digest_method {
    const char *uri;
    enum hufu_digest digest;
};

struct hufu_xml_c14n_method {
    const char *uri;
    bool exclusive;
    bool comments;
};

/* NULL for a URI that is in no table; `uri` may be NULL. */
const struct hufu_xml_signature_method *hufu_xml_signature_method(const char *uri);
const struct hufu_xml_digest_method *hufu_xml_digest_method(const char *uri);
const struct hufu_xml_c14n_method *hufu_xml_c14n_method(const char *uri);

/* What a reference without a transform into bytes is read with (XMLDSig, 4.4.3.2). */
const struct hufu_xml_c14n_method *hufu_xml_c14n_default(void);

#endif
