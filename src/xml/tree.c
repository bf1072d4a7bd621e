#include "xml/tree.h"

#include "base/wipe.h"
#include "xml/scan.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>

HUFU_DEFINE_AUTO(xmlParserCtxtPtr, xmlFreeParserCtxt)

/* --- libxml2, kept short --- */

/* Its messages quote the document, and standard error is the log. */
static void say_nothing(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static xmlParserInputPtr load_nothing(const char *url, const char *id, xmlParserCtxtPtr context)
{
    (void)url;
    (void)id;
    (void)context;
    return NULL;
}

static void set_up(void)
{
    static bool done;
    if (done)
        return;
    xmlMemSetup(hufu_wipe_free, malloc, hufu_wipe_realloc, strdup); /* a document is a person's */
    xmlInitParser();
    xmlSetExternalEntityLoader(load_nothing);
    xmlSetGenericErrorFunc(NULL, say_nothing);
    done = true;
}

/* --- walking --- */

xmlNodePtr hufu_xml_next(xmlNodePtr node, xmlNodePtr root, bool into)
{
    if (into && node->type == XML_ELEMENT_NODE && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

xmlNodePtr hufu_xml_element(xmlNodePtr node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

bool hufu_xml_is(const xmlNode *node, const char *namespace, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           xmlStrEqual(node->ns->href, CHARS(namespace)) && xmlStrEqual(node->name, CHARS(name));
}

bool hufu_xml_within(const xmlNode *node, const xmlNode *ancestor)
{
    while (node && node != ancestor)
        node = node->parent;
    return node != NULL;
}

xmlChar *hufu_xml_attribute(xmlNodePtr element, const char *name)
{
    return xmlGetNoNsProp(element, CHARS(name));
}

/* --- reading --- */

/* libxml2 writes a namespace's name into a canonical form as it is, which is right only where
 * nothing in it needs an escape. */
static bool names_are_plain(const xmlNode *element)
{
    for (const xmlNs *ns = element->nsDef; ns; ns = ns->next)
        if (ns->href && strpbrk((const char *)ns->href, "\"&<\t\n\r"))
            return false;
    return true;
}

static const char *what_is_wrong(xmlParserCtxtPtr context)
{
    if (!context->myDoc || !context->wellFormed || !context->nsWellFormed)
        return "not well-formed";
    if (context->myDoc->intSubset || context->myDoc->extSubset)
        return "document type";
    xmlNodePtr root = xmlDocGetRootElement(context->myDoc);
    for (xmlNodePtr node = root; node; node = hufu_xml_next(node, root, true)) {
        if (node->type == XML_ENTITY_REF_NODE)
            return "entity";
        if (node->type == XML_ELEMENT_NODE && !names_are_plain(node))
            return "name of a namespace";
    }
    return root ? NULL : "no element";
}

enum hufu_status hufu_xml_parse(struct hufu_bytes text, xmlDocPtr *ret_document,
                                struct hufu_error *err)
{
    enum {
        OPTIONS = XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR | XML_PARSE_NOWARNING
    };
    set_up();
    HUFU_TRY(hufu_xml_check_limits(text, err));
    HUFU_AUTO(xmlFreeParserCtxt_auto) xmlParserCtxtPtr context = xmlNewParserCtxt();
    if (!context)
        return hufu_fail(err, HUFU_E_MEMORY, "XML");
    HUFU_AUTO(xmlFreeDoc_auto)
    xmlDocPtr document =
        xmlCtxtReadMemory(context, (const char *)text.data, (int)text.len, NULL, "UTF-8", OPTIONS);
    context->myDoc = document;
    const char *why = what_is_wrong(context);
    context->myDoc = NULL;
    if (why)
        return hufu_fail(err, HUFU_E_XML, why);
    *ret_document = HUFU_TAKE(document);
    return HUFU_OK;
}

/* --- identifiers --- */

/* Spaces around are left out: a verifier with a schema leaves them out as well. */
static bool is_id(const xmlChar *value, const char *id)
{
    const char *text = value ? (const char *)value : "";
    text += strspn(text, " \t\r\n");
    size_t len = strlen(id);
    return len > 0 && strncmp(text, id, len) == 0 && text[len + strspn(text + len, " \t\r\n")] == 0;
}

static bool has_id(xmlNodePtr element, const char *id)
{
    for (xmlAttrPtr attribute = element->properties; attribute; attribute = attribute->next) {
        if (!xmlStrEqual(attribute->name, CHARS("Id")) &&
            !xmlStrEqual(attribute->name, CHARS("ID")) &&
            !xmlStrEqual(attribute->name, CHARS("id")))
            continue;
        HUFU_AUTO(xmlFree_auto)
        xmlChar *value = xmlNodeListGetString(element->doc, attribute->children, 1);
        if (is_id(value, id))
            return true;
    }
    return false;
}

enum hufu_status hufu_xml_by_id(xmlDocPtr document, const char *id, xmlNodePtr *ret_element,
                                struct hufu_error *err)
{
    xmlNodePtr root = xmlDocGetRootElement(document);
    xmlNodePtr found = NULL;
    for (xmlNodePtr node = root; node; node = hufu_xml_next(node, root, true)) {
        if (node->type != XML_ELEMENT_NODE || !has_id(node, id))
            continue;
        if (found)
            return hufu_fail(err, HUFU_E_XML_TAG, "two elements of one Id");
        found = node;
    }
    if (!found)
        return hufu_fail(err, HUFU_E_XML_TAG, "no element of this Id");
    *ret_element = found;
    return HUFU_OK;
}
