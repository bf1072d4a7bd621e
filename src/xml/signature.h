/* A Signature element as XMLDSig has it, read strictly: for xml/ only. */
#ifndef HUFU_XML_SIGNATURE_H
#define HUFU_XML_SIGNATURE_H

#include "xml/algorithms.h"
#include "xml/c14n.h"
#include "xml/tree.h"

/* Each reads a part of the document once; a dispatch of an agency has a few, one an attachment. */
enum { HUFU_XML_REFERENCES_MAX = 32 };

struct hufu_xml_reference {
    bool external;     /* to something that is not in the document; the rest is not known then */
    xmlNodePtr target; /* NULL: the whole document */
    bool enveloped;    /* without the Signature that the reference is in */
    const struct hufu_xml_c14n_method *c14n;
    xmlNodePtr c14n_element; /* NULL for the default */
    enum hufu_digest digest;
    xmlNodePtr value; /* DigestValue */
};

struct hufu_xml_signature {
    xmlNodePtr element;
    xmlNodePtr signed_info;
    const struct hufu_xml_c14n_method *c14n;
    xmlNodePtr c14n_element;
    const struct hufu_xml_signature_method *method;
    size_t reference_count;
    struct hufu_xml_reference references[HUFU_XML_REFERENCES_MAX];
    xmlNodePtr value;       /* SignatureValue */
    xmlNodePtr certificate; /* X509Certificate, else an X509Data without elements, else NULL */
};

/* Reads the Signature with that Id. HUFU_E_XML_TAG for parts that are missing, doubled or out of
 * order, and for a reference to nothing or to two things; HUFU_E_ALGORITHM for algorithms and
 * transforms that hufu does not have, and for a reference that covers its own signature's values;
 * HUFU_E_XML for too many references. */
enum hufu_status hufu_xml_signature_read(xmlDocPtr document, const char *id,
                                         struct hufu_xml_signature *ret_signature,
                                         struct hufu_error *err);

#endif
