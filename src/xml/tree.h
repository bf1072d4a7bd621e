/* Documents of strangers as libxml2 sees them: for xml/ only. */
#ifndef HUFU_XML_TREE_H
#define HUFU_XML_TREE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "error/error.h"

#include <libxml/tree.h>
#include <stdbool.h>

#define CHARS(text) ((const xmlChar *)(text)) /* BAD_CAST takes the const away */

HUFU_DEFINE_AUTO(xmlDocPtr, xmlFreeDoc)
HUFU_DEFINE_AUTO(xmlChar *, xmlFree)

/* Reads `text` as UTF-8, whatever its declaration says. No DTD, no entity but the five of XML, no
 * file, no network; within the limits of scan.h. HUFU_E_XML. Release with xmlFreeDoc. */
enum hufu_status hufu_xml_parse(struct hufu_bytes text, xmlDocPtr *ret_document,
                                struct hufu_error *err);

/* Whether two elements, with all that is in them, are the same node by node: equal.c. */
bool hufu_xml_equal(xmlNodePtr one, xmlNodePtr other);

/* The node after `node` in the order of the document, within `root`; NULL after the last one.
 * `into` is false where its children are to be left out. */
xmlNodePtr hufu_xml_next(xmlNodePtr node, xmlNodePtr root, bool into);

/* The next element among siblings, `node` itself included. */
xmlNodePtr hufu_xml_element(xmlNodePtr node);

bool hufu_xml_is(const xmlNode *node, const char *namespace, const char *name);
bool hufu_xml_within(const xmlNode *node, const xmlNode *ancestor);

/* The value of an attribute without a namespace; NULL when it is not there. */
xmlChar *hufu_xml_attribute(xmlNodePtr element, const char *name);

/* The one element with an attribute Id, ID or id, of whatever namespace, of that value. Two of them
 * are HUFU_E_XML_TAG as none is: the verifier might take the other one. */
enum hufu_status hufu_xml_by_id(xmlDocPtr document, const char *id, xmlNodePtr *ret_element,
                                struct hufu_error *err);

#endif
