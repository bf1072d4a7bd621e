/* Where markup stands in the bytes of a document without a DOCTYPE. The scanner judges no grammar,
 * only limits: what it lets pass is read by libxml2, and the signature into which something was put
 * is read again and compared. */
#ifndef HUFU_XML_SCAN_H
#define HUFU_XML_SCAN_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>

enum hufu_xml_limit {
    HUFU_XML_DEPTH_MAX = 100, /* documents of agencies have 10 or 20 levels; libxml2 takes 256 */
    /* A node of libxml2 takes 120 bytes, and two trees are compared: 250 MB. Tags, attributes,
     * comments and processing instructions count; a document of 8 MiB has one in 17 bytes then. */
    HUFU_XML_NODES_MAX = 500000,
    HUFU_XML_ATTRIBUTES_MAX = 256, /* of one element: libxml2 compares each with each */
    HUFU_XML_NAMESPACES_MAX = 64,  /* in scope: canonicalisation looks at each for each element */
};

enum hufu_xml_token {
    HUFU_XML_END_OF_TEXT,
    HUFU_XML_TEXT,
    HUFU_XML_OTHER, /* comment, processing instruction, CDATA section */
    HUFU_XML_START, /* <a> */
    HUFU_XML_EMPTY, /* <a/> */
    HUFU_XML_END,   /* </a> */
    HUFU_XML_BROKEN,
};

/* Start with `text` alone. */
struct hufu_xml_scanner {
    struct hufu_bytes text;
    size_t first, end;             /* of the token: its first byte, and the one behind it */
    size_t attributes, namespaces; /* of a start tag; both count `xmlns` */
};
enum hufu_xml_token hufu_xml_scan(struct hufu_xml_scanner *scanner);

/* HUFU_E_XML for a DOCTYPE, a NUL, markup that does not end, and what is beyond a limit. */
enum hufu_status hufu_xml_check_limits(struct hufu_bytes text, struct hufu_error *err);

/* The content of an element that holds nothing but text. `element` is its number in the order of
 * the document, from 0. */
struct hufu_xml_place {
    size_t element;
    size_t first, end; /* of <a/>: "/>" */
    size_t tag;        /* of the start tag */
    bool empty;        /* <a/> */
};

/* Finds `count` places in the order of the document. False when one of them is not there. */
bool hufu_xml_find_places(struct hufu_bytes text, struct hufu_xml_place *places, size_t count);

/* All of an element, from its start tag to its end tag. False when it is not there. */
bool hufu_xml_find_element(struct hufu_bytes text, size_t element, struct hufu_bytes *ret_element);

/* Appends the document up to the end of that place, from `from`, with `content` in it; returns
 * where it goes on. <a/> becomes <a>content</a>. */
size_t hufu_xml_put(struct hufu_bytes text, size_t from, const struct hufu_xml_place *place,
                    struct hufu_bytes content, struct hufu_buf *ret_text);

#endif
