/* The citizen certificate component (GPKI, CGGPKICrypt): 60 functions for Windows pages, 33 for
 * Mac pages, one table. What is seen, documented or inferred of each: docs/components/gpki.md. */
#ifndef HUFU_COMPONENT_GPKI_GPKI_H
#define HUFU_COMPONENT_GPKI_GPKI_H

#include "component/component.h"

extern const struct hufu_component hufu_gpki;

/* Flags that several functions take; the same number means different things in different ones. */
enum {
    GPKI_FLAG_CHECK_VALIDITY = 0x10,
    GPKI_FLAG_NO_CERTIFICATE = 0x100,
    GPKI_FLAG_WHOLE_CHAIN = 0x200,
    GPKI_FLAG_BASE64_ENCODE = 0x1000,
    GPKI_FLAG_BASE64_DECODE = 0x2000,
    GPKI_FLAG_DETACHED = 0x4000,
    GPKI_FLAG_DO_HASH = 0x10000,
    GPKI_FLAG_NO_HASH_OID = 0x20000,
    GPKI_FLAG_HEX = 0x1000000,
};

/* card.c */
hufu_function_run gpki_detect_card;
hufu_function_run gpki_get_slot_count;
hufu_function_run gpki_set_reader_slot;
hufu_function_run gpki_verify_pin;
hufu_function_run gpki_get_error_pin_count;
hufu_function_run gpki_get_serial_number;
hufu_function_run gpki_get_attribute_cert;
hufu_function_run gpki_get_version;

/* certificate.c */
hufu_function_run gpki_enum_certs;
hufu_function_run gpki_get_cached_cert;
hufu_function_run gpki_cert_serial_number;
hufu_function_run gpki_cert_subject;
hufu_function_run gpki_cert_issuer;
hufu_function_run gpki_cert_not_before;
hufu_function_run gpki_cert_not_after;
hufu_function_run gpki_cert_public_key;
hufu_function_run gpki_cert_version;
hufu_function_run gpki_cert_extensions;
hufu_function_run gpki_cert_signature_algorithm;
hufu_function_run gpki_signature_algorithm;

/* The first argument, a certificate, after the flags at `flags_index`, which have to be a number.
 * Own the result. */
enum hufu_status gpki_read_certificate(const struct hufu_arguments *arguments, size_t flags_index,
                                       struct hufu_certificate **ret_certificate,
                                       struct hufu_error *err);

/* holder.c */
hufu_function_run gpki_tail_of_citizen_id;
hufu_function_run gpki_get_cert_type;
hufu_function_run gpki_get_cert_type_oid;
hufu_function_run gpki_get_card_holder_rank;
hufu_function_run gpki_get_organization_id;
hufu_function_run gpki_get_entity_oid;
hufu_function_run gpki_directory_attribute;

/* text.c */
hufu_function_run gpki_set_code_page;
hufu_function_run gpki_set_dialog_string;
hufu_function_run gpki_base64_encode;
hufu_function_run gpki_base64_decode;

/* The code page of a text: its own, or where that is "", the session's. */
const char *gpki_codepage(const struct hufu_page *page, const char *codepage);

/* Bytes as a page gets them: base64, or hex by flag. */
void gpki_put_bytes(unsigned long flags, const struct hufu_buf *bytes, struct hufu_buf *ret_text);

/* sign.c */
hufu_function_run gpki_sign_data;
hufu_function_run gpki_pure_sign;
hufu_function_run gpki_sign_init;
hufu_function_run gpki_sign_data_update;
hufu_function_run gpki_sign_final;

/* envelope.c */
hufu_function_run gpki_encrypt_by_cert;
hufu_function_run gpki_decrypt;
hufu_function_run gpki_decrypt_ex;
hufu_function_run gpki_rsa_encrypt_by_cert;
hufu_function_run gpki_rsa_decrypt;

/* xml.c */
hufu_function_run gpki_xml_calc_template_digest;
hufu_function_run gpki_xml_sign_template;
hufu_function_run gpki_xml_sign_template_digest;
hufu_function_run gpki_xml_sign_template_update;
hufu_function_run gpki_xml_sign_template_digest_update;

#endif
