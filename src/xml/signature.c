#include "xml/signature.h"

#include <string.h>

static enum hufu_status missing(struct hufu_error *err, const char *what)
{
    return hufu_fail(err, HUFU_E_XML_TAG, what);
}

/* The children of an element that are elements, one after another. */
struct children {
    xmlNodePtr next;
};

static struct children children_of(xmlNodePtr element)
{
    return (struct children){.next = hufu_xml_element(element->children)};
}

/* The next child, where it has that name; NULL leaves it for the next look. */
static xmlNodePtr take(struct children *children, const char *name)
{
    xmlNodePtr found = children->next;
    if (!hufu_xml_is(found, HUFU_XML_DSIG, name))
        return NULL;
    children->next = hufu_xml_element(found->next);
    return found;
}

/* What is filled holds text or nothing, or the bytes around it would be lost. */
static bool is_text_only(xmlNodePtr element)
{
    for (xmlNodePtr node = element->children; node; node = node->next)
        if (node->type != XML_TEXT_NODE)
            return false;
    return true;
}

static enum hufu_status take_value(struct children *children, const char *name,
                                   xmlNodePtr *ret_element, struct hufu_error *err)
{
    xmlNodePtr found = take(children, name);
    if (!found || !is_text_only(found))
        return missing(err, name);
    *ret_element = found;
    return HUFU_OK;
}

static xmlChar *algorithm_of(xmlNodePtr element)
{
    return element ? hufu_xml_attribute(element, "Algorithm") : NULL;
}

/* --- references --- */

static enum hufu_status read_transform(xmlNodePtr transform, struct hufu_xml_reference *reference,
                                       struct hufu_error *err)
{
    HUFU_AUTO(xmlFree_auto) xmlChar *uri = algorithm_of(transform);
    const struct hufu_xml_c14n_method *method = hufu_xml_c14n_method((const char *)uri);
    bool enveloped = uri && strcmp((const char *)uri, HUFU_XML_ENVELOPED) == 0;
    if (reference->c14n || (!method && !enveloped)) /* what follows would read bytes */
        return hufu_fail(err, HUFU_E_ALGORITHM, "transform");
    reference->enveloped |= enveloped;
    reference->c14n = method;
    reference->c14n_element = method ? transform : NULL;
    return HUFU_OK;
}

static enum hufu_status read_transforms(xmlNodePtr transforms, struct hufu_xml_reference *reference,
                                        struct hufu_error *err)
{
    struct children children = children_of(transforms);
    for (xmlNodePtr transform; (transform = take(&children, "Transform"));)
        HUFU_TRY(read_transform(transform, reference, err));
    return children.next ? missing(err, "Transform") : HUFU_OK;
}

/* A signature over its own values is one that nobody can make; over the Signature without itself,
 * one over nothing. */
static enum hufu_status check_target(const struct hufu_xml_signature *signature,
                                     const struct hufu_xml_reference *reference,
                                     struct hufu_error *err)
{
    const xmlNode *target = reference->target;
    bool covers = !target || hufu_xml_within(signature->element, target);
    bool inside = target && hufu_xml_within(target, signature->element);
    bool in_values = inside && (hufu_xml_within(target, signature->signed_info) ||
                                hufu_xml_within(target, signature->value));
    bool nothing_else = inside || (!target && !signature->element->parent->parent);
    if (in_values || (covers && !reference->enveloped) || (nothing_else && reference->enveloped))
        return hufu_fail(err, HUFU_E_ALGORITHM, "reference to its own signature");
    return HUFU_OK;
}

/* "" is the document, "#name" an element, and "#xpointer(...)" a language of its own. */
static enum hufu_status resolve(xmlDocPtr document, const char *uri,
                                struct hufu_xml_reference *reference, struct hufu_error *err)
{
    reference->external = uri[0] && uri[0] != '#';
    if (!uri[0] || reference->external)
        return HUFU_OK;
    if (strchr(uri, '('))
        return hufu_fail(err, HUFU_E_ALGORITHM, "XPointer");
    return hufu_xml_by_id(document, uri + 1, &reference->target, err);
}

static enum hufu_status read_digest_method(xmlNodePtr element, struct hufu_xml_reference *reference,
                                           struct hufu_error *err)
{
    HUFU_AUTO(xmlFree_auto) xmlChar *uri = algorithm_of(element);
    const struct hufu_xml_digest_method *method = hufu_xml_digest_method((const char *)uri);
    if (!method)
        return hufu_fail(err, HUFU_E_ALGORITHM, "DigestMethod");
    reference->digest = method->digest;
    return HUFU_OK;
}

static enum hufu_status read_reference(xmlNodePtr element, struct hufu_xml_reference *ret_reference,
                                       struct hufu_error *err)
{
    struct hufu_xml_reference reference = {0};
    struct children children = children_of(element);
    HUFU_AUTO(xmlFree_auto) xmlChar *uri = hufu_xml_attribute(element, "URI");
    if (!uri)
        return missing(err, "URI");
    HUFU_TRY(resolve(element->doc, (const char *)uri, &reference, err));
    xmlNodePtr transforms = take(&children, "Transforms");
    if (transforms && !reference.external)
        HUFU_TRY(read_transforms(transforms, &reference, err));
    if (!reference.c14n)
        reference.c14n = hufu_xml_c14n_default();
    HUFU_TRY(read_digest_method(take(&children, "DigestMethod"), &reference, err));
    HUFU_TRY(take_value(&children, "DigestValue", &reference.value, err));
    *ret_reference = reference;
    return children.next ? missing(err, "Reference") : HUFU_OK;
}

/* --- the signature --- */

static enum hufu_status read_methods(struct children *children,
                                     struct hufu_xml_signature *signature, struct hufu_error *err)
{
    signature->c14n_element = take(children, "CanonicalizationMethod");
    HUFU_AUTO(xmlFree_auto) xmlChar *c14n = algorithm_of(signature->c14n_element);
    HUFU_AUTO(xmlFree_auto) xmlChar *method = algorithm_of(take(children, "SignatureMethod"));
    signature->c14n = hufu_xml_c14n_method((const char *)c14n);
    signature->method = hufu_xml_signature_method((const char *)method);
    if (!c14n || !method)
        return missing(err, "CanonicalizationMethod, SignatureMethod");
    if (!signature->c14n || !signature->method)
        return hufu_fail(err, HUFU_E_ALGORITHM, "CanonicalizationMethod, SignatureMethod");
    return HUFU_OK;
}

static enum hufu_status read_signed_info(struct hufu_xml_signature *signature,
                                         struct hufu_error *err)
{
    struct children children = children_of(signature->signed_info);
    HUFU_TRY(read_methods(&children, signature, err));
    for (xmlNodePtr element; (element = take(&children, "Reference"));) {
        if (signature->reference_count == HUFU_XML_REFERENCES_MAX)
            return hufu_fail(err, HUFU_E_XML, "too many references");
        HUFU_TRY(read_reference(element, &signature->references[signature->reference_count], err));
        signature->reference_count++;
    }
    return signature->reference_count == 0 || children.next ? missing(err, "SignedInfo") : HUFU_OK;
}

/* The place of the signer's certificate: the first X509Certificate, or an X509Data that waits for
 * one. What else KeyInfo says stays as it is. */
static enum hufu_status read_key_info(xmlNodePtr key_info, struct hufu_xml_signature *signature,
                                      struct hufu_error *err)
{
    xmlNodePtr child = hufu_xml_element(key_info->children);
    while (child && !hufu_xml_is(child, HUFU_XML_DSIG, "X509Data"))
        child = hufu_xml_element(child->next);
    if (!child)
        return HUFU_OK;
    xmlNodePtr found = hufu_xml_element(child->children);
    if (!found)
        found = child;
    while (found != child && found && !hufu_xml_is(found, HUFU_XML_DSIG, "X509Certificate"))
        found = hufu_xml_element(found->next);
    if (found && !is_text_only(found))
        return missing(err, "X509Certificate");
    signature->certificate = found;
    return HUFU_OK;
}

enum hufu_status hufu_xml_signature_read(xmlDocPtr document, const char *id,
                                         struct hufu_xml_signature *ret_signature,
                                         struct hufu_error *err)
{
    struct hufu_xml_signature signature = {0};
    HUFU_TRY(hufu_xml_by_id(document, id, &signature.element, err));
    if (!hufu_xml_is(signature.element, HUFU_XML_DSIG, "Signature"))
        return missing(err, "Signature");
    struct children children = children_of(signature.element);
    signature.signed_info = take(&children, "SignedInfo");
    if (!signature.signed_info)
        return missing(err, "SignedInfo");
    HUFU_TRY(take_value(&children, "SignatureValue", &signature.value, err));
    xmlNodePtr key_info = take(&children, "KeyInfo");
    if (key_info)
        HUFU_TRY(read_key_info(key_info, &signature, err));
    HUFU_TRY(read_signed_info(&signature, err));
    for (size_t i = 0; i < signature.reference_count; i++)
        if (!signature.references[i].external)
            HUFU_TRY(check_target(&signature, &signature.references[i], err));
    *ret_signature = signature;
    return HUFU_OK;
}
