/* A document of a page with an XML signature (XMLDSig 1.1) that is to be filled: digests, the
 * signature, the signer's certificate. Everything else stays as it came, byte by byte: verifiers of
 * agencies read the bytes that they sent. */
#ifndef HUFU_XML_TEMPLATE_H
#define HUFU_XML_TEMPLATE_H

#include "base/buf.h"
#include "crypto/certificate.h"
#include "error/error.h"
#include "xml/algorithms.h"

struct hufu_xml_template;

/* Reads a document and its one Signature with that Id. The declaration may say another encoding
 * than UTF-8: it stays, and the bytes are UTF-8. HUFU_E_XML for what is no XML, has a DOCTYPE or is
 * beyond a limit (scan.h); HUFU_E_XML_TAG and HUFU_E_ALGORITHM as of signature.h. `text` is
 * borrowed until hufu_xml_template_free. */
enum hufu_status hufu_xml_template_open(struct hufu_bytes text, const char *signature_id,
                                        struct hufu_xml_template **ret_template,
                                        struct hufu_error *err);
void hufu_xml_template_free(struct hufu_xml_template *template);

const struct hufu_xml_signature_method *
hufu_xml_template_method(const struct hufu_xml_template *template);

/* Fills in the signer's certificate, where the template has a place for it. Before the digests: a
 * reference may cover it. HUFU_E_ALGORITHM when its key is not the one of the SignatureMethod. */
enum hufu_status hufu_xml_template_set_certificate(struct hufu_xml_template *template,
                                                   const struct hufu_certificate *certificate,
                                                   struct hufu_error *err);

/* Computes and fills in the digest of each reference. HUFU_E_REFUSED for one to somewhere else: a
 * page names no file and no host. */
enum hufu_status hufu_xml_template_make_digests(struct hufu_xml_template *template,
                                                struct hufu_error *err);

/* Looks whether each reference has its digest. HUFU_E_XML_TAG. They are the page's: what they are
 * of is not looked at. */
enum hufu_status hufu_xml_template_check_digests(struct hufu_xml_template *template,
                                                 struct hufu_error *err);

/* Appends the canonical form of SignedInfo, whose digest is signed. */
enum hufu_status hufu_xml_template_signed_info(struct hufu_xml_template *template,
                                               struct hufu_buf *ret_bytes, struct hufu_error *err);

/* What a person can check: the bytes of the only reference, where its digest is theirs; empty
 * elsewhere. Borrowed from the template. */
struct hufu_bytes hufu_xml_template_content(const struct hufu_xml_template *template);

enum hufu_status hufu_xml_template_set_signature(struct hufu_xml_template *template,
                                                 struct hufu_bytes signature,
                                                 struct hufu_error *err);

/* Appends the document with what was filled in. HUFU_E_COMPONENT when, read again, it is another
 * one than it should be. */
enum hufu_status hufu_xml_template_write(struct hufu_xml_template *template,
                                         struct hufu_buf *ret_text, struct hufu_error *err);

#endif
