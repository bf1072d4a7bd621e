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
hufu_function_run gpki_tail_of_citizen_id;

/* sign.c */
hufu_function_run gpki_sign_data;
hufu_function_run gpki_pure_sign;
hufu_function_run gpki_sign_init;
hufu_function_run gpki_sign_data_update;
hufu_function_run gpki_sign_final;

/* xml.c */
hufu_function_run gpki_xml_calc_template_digest;
hufu_function_run gpki_xml_sign_template;
hufu_function_run gpki_xml_sign_template_digest;
hufu_function_run gpki_xml_sign_template_update;
hufu_function_run gpki_xml_sign_template_digest_update;

#endif
