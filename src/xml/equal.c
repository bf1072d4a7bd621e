/* Two trees, node by node: the proof that nothing but what was meant to was put into a document. */
#include "xml/tree.h"

static bool same_namespace(const xmlNs *one, const xmlNs *other)
{
    return (one == NULL) == (other == NULL) && (!one || (xmlStrEqual(one->href, other->href) &&
                                                         xmlStrEqual(one->prefix, other->prefix)));
}

static bool same_declarations(const xmlNs *one, const xmlNs *other)
{
    for (; one && other; one = one->next, other = other->next)
        if (!same_namespace(one, other))
            return false;
    return one == other;
}

static bool same_value(const xmlNode *one, const xmlNode *other)
{
    for (; one && other; one = one->next, other = other->next)
        if (one->type != other->type || !xmlStrEqual(one->content, other->content))
            return false;
    return one == other;
}

static bool same_attributes(const xmlAttr *one, const xmlAttr *other)
{
    for (; one && other; one = one->next, other = other->next)
        if (!xmlStrEqual(one->name, other->name) || !same_namespace(one->ns, other->ns) ||
            !same_value(one->children, other->children))
            return false;
    return one == other;
}

static bool same_node(const xmlNode *one, const xmlNode *other)
{
    if (one->type != other->type || !xmlStrEqual(one->name, other->name))
        return false;
    if (one->type != XML_ELEMENT_NODE)
        return xmlStrEqual(one->content, other->content);
    return same_namespace(one->ns, other->ns) && same_declarations(one->nsDef, other->nsDef) &&
           same_attributes(one->properties, other->properties);
}

static bool has_children(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->children;
}

/* In step: down where both have children, aside where both have a sibling, up where neither has. */
bool hufu_xml_equal(xmlNodePtr one, xmlNodePtr other)
{
    const xmlNode *top = one;
    for (;;) {
        if (!same_node(one, other) || has_children(one) != has_children(other))
            return false;
        if (has_children(one)) {
            one = one->children;
            other = other->children;
            continue;
        }
        while (one != top && !one->next && !other->next) {
            one = one->parent;
            other = other->parent;
        }
        if (one == top)
            return true;
        if (!one->next || !other->next)
            return false;
        one = one->next;
        other = other->next;
    }
}
