/* Canonical XML of a part of a document: for xml/ only. */
#ifndef HUFU_XML_C14N_H
#define HUFU_XML_C14N_H

#include "xml/algorithms.h"
#include "xml/tree.h"

enum hufu_xml_c14n_limit {
    /* Of exclusive canonicalisation, which takes one each time for each element. */
    HUFU_XML_PREFIXES_MAX = 32,
    /* A namespace is repeated in each element that uses it; honest documents grow by a little. */
    HUFU_XML_CANONICAL_MAX = 16 * 1024 * 1024,
};

/* All borrowed. */
struct hufu_xml_part {
    xmlDocPtr document;
    xmlNodePtr top;     /* NULL: all of the document */
    xmlNodePtr without; /* and what is in it; may be NULL */
    bool comments;      /* are part of it; the method may still leave them out */
};

/* `method` and what its element `of` says about it, which is NULL for the default. Appends the
 * canonical form. HUFU_E_XML, HUFU_E_ALGORITHM. */
enum hufu_status hufu_xml_canonicalise(const struct hufu_xml_part *part,
                                       const struct hufu_xml_c14n_method *method, xmlNodePtr of,
                                       struct hufu_buf *ret_bytes, struct hufu_error *err);

#endif
