#include "xml/template.h"

#include "crypto/digest.h"
#include "wire/base64.h"
#include "xml/scan.h"
#include "xml/signature.h"

#include <stdlib.h>
#include <string.h>

/* A text for one element. An RSA-4096 signature takes 684 characters, a certificate 2 KiB or so. */
enum { FILL_MAX = HUFU_CERTIFICATE_MAX * 2, FILLS_MAX = HUFU_XML_REFERENCES_MAX + 2 };

struct fill {
    xmlNodePtr element;
    struct hufu_xml_place place;
    struct hufu_buf text; /* nothing: it stays as it is */
};

/* The fills are in the order of the document: digests, signature, certificate. */
struct hufu_xml_template {
    struct hufu_bytes text;
    xmlDocPtr document; /* with what was filled in */
    struct hufu_xml_signature signature;
    struct hufu_bytes element; /* the Signature, in the text */
    struct fill fills[FILLS_MAX];
    size_t fill_count;
    struct hufu_buf content;
};
HUFU_DEFINE_AUTO(struct hufu_xml_template *, hufu_xml_template_free)

/* --- the places of what is filled in --- */

static void add_fill(struct hufu_xml_template *template, xmlNodePtr element)
{
    if (element)
        template->fills[template->fill_count++] =
            (struct fill){.element = element, .text = {.max = FILL_MAX}};
}

/* Returns the number of the Signature itself. */
static size_t number_fills(struct hufu_xml_template *template)
{
    xmlNodePtr root = xmlDocGetRootElement(template->document);
    size_t element = 0, signature = 0, i = 0;
    for (xmlNodePtr node = root; node && i < template->fill_count;
         node = hufu_xml_next(node, root, true)) {
        if (node == template->signature.element)
            signature = element;
        if (node == template->fills[i].element)
            template->fills[i++].place.element = element;
        element += node->type == XML_ELEMENT_NODE;
    }
    return signature;
}

static enum hufu_status find_fills(struct hufu_xml_template *template, struct hufu_error *err)
{
    struct hufu_xml_place places[FILLS_MAX];
    const struct hufu_xml_signature *signature = &template->signature;
    for (size_t i = 0; i < signature->reference_count; i++)
        add_fill(template, signature->references[i].value);
    add_fill(template, signature->value);
    add_fill(template, signature->certificate);
    size_t number = number_fills(template);
    for (size_t i = 0; i < template->fill_count; i++)
        places[i] = template->fills[i].place;
    if (!hufu_xml_find_places(template->text, places, template->fill_count) ||
        !hufu_xml_find_element(template->text, number, &template->element))
        return hufu_fail(err, HUFU_E_COMPONENT, "places");
    for (size_t i = 0; i < template->fill_count; i++)
        template->fills[i].place = places[i];
    return HUFU_OK;
}

static struct fill *fill_of(struct hufu_xml_template *template, const xmlNode *element)
{
    for (size_t i = 0; i < template->fill_count; i++)
        if (template->fills[i].element == element)
            return &template->fills[i];
    return NULL;
}

/* --- opening --- */

void hufu_xml_template_free(struct hufu_xml_template *template)
{
    if (!template)
        return;
    for (size_t i = 0; i < template->fill_count; i++)
        hufu_buf_done(&template->fills[i].text);
    hufu_buf_done(&template->content);
    xmlFreeDoc(template->document);
    free(template);
}

enum hufu_status hufu_xml_template_open(struct hufu_bytes text, const char *signature_id,
                                        struct hufu_xml_template **ret_template,
                                        struct hufu_error *err)
{
    HUFU_AUTO(hufu_xml_template_free_auto)
    struct hufu_xml_template *template = calloc(1, sizeof *template);
    if (!template)
        return hufu_fail(err, HUFU_E_MEMORY, "template");
    template->text = text;
    template->content.max = HUFU_XML_CANONICAL_MAX;
    HUFU_TRY(hufu_xml_parse(text, &template->document, err));
    HUFU_TRY(hufu_xml_signature_read(template->document, signature_id, &template->signature, err));
    HUFU_TRY(find_fills(template, err));
    *ret_template = HUFU_TAKE(template);
    return HUFU_OK;
}

const struct hufu_xml_signature_method *
hufu_xml_template_method(const struct hufu_xml_template *template)
{
    return template->signature.method;
}

/* --- filling in --- */

/* Into the tree as well, of which the canonical forms are made. */
static enum hufu_status fill_in(struct hufu_xml_template *template, xmlNodePtr element,
                                struct hufu_bytes value, struct hufu_error *err)
{
    struct fill *fill = fill_of(template, element);
    hufu_buf_clear(&fill->text);
    hufu_base64_encode(value, &fill->text);
    if (fill->text.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "too long for an element");
    xmlNodeSetContent(element, CHARS(hufu_buf_text(&fill->text)));
    return HUFU_OK;
}

/* An X509Data without elements gets one, under the prefix that it has itself. */
static enum hufu_status fill_in_element(struct hufu_xml_template *template, xmlNodePtr parent,
                                        struct hufu_bytes value, struct hufu_error *err)
{
    static const char name[] = "X509Certificate";
    const char *prefix = (const char *)parent->ns->prefix;
    struct fill *fill = fill_of(template, parent);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILL_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf tag = {.max = FILL_MAX};
    hufu_base64_encode(value, &text);
    hufu_buf_printf(&tag, "%s%s%s", prefix ? prefix : "", prefix ? ":" : "", name);
    hufu_buf_clear(&fill->text);
    hufu_buf_printf(&fill->text, "<%s>%s</%s>", hufu_buf_text(&tag), hufu_buf_text(&text),
                    hufu_buf_text(&tag));
    if (text.failed || tag.failed || fill->text.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "too long for an element");
    xmlNodeSetContent(parent, NULL);
    if (!xmlNewChild(parent, parent->ns, CHARS(name), CHARS(hufu_buf_text(&text))))
        return hufu_fail(err, HUFU_E_MEMORY, "element");
    return HUFU_OK;
}

enum hufu_status hufu_xml_template_set_certificate(struct hufu_xml_template *template,
                                                   const struct hufu_certificate *certificate,
                                                   struct hufu_error *err)
{
    xmlNodePtr place = template->signature.certificate;
    struct hufu_bytes der = hufu_certificate_der(certificate);
    if (hufu_key_kind(certificate) != template->signature.method->key)
        return hufu_fail(err, HUFU_E_ALGORITHM, "SignatureMethod for another kind of key");
    if (!place)
        return HUFU_OK;
    return hufu_xml_is(place, HUFU_XML_DSIG, "X509Data")
               ? fill_in_element(template, place, der, err)
               : fill_in(template, place, der, err);
}

enum hufu_status hufu_xml_template_set_signature(struct hufu_xml_template *template,
                                                 struct hufu_bytes signature,
                                                 struct hufu_error *err)
{
    return fill_in(template, template->signature.value, signature, err);
}

/* --- digests --- */

static enum hufu_status digest_of(struct hufu_xml_template *template,
                                  const struct hufu_xml_reference *reference,
                                  struct hufu_buf *ret_digest, struct hufu_error *err)
{
    const struct hufu_xml_part part = {
        .document = template->document,
        .top = reference->target,
        .without = reference->enveloped ? template->signature.element : NULL,
    };
    hufu_buf_clear(&template->content);
    if (!reference->target) /* all of the document, and about as long */
        hufu_buf_reserve(&template->content, template->text.len);
    HUFU_TRY(hufu_xml_canonicalise(&part, reference->c14n, reference->c14n_element,
                                   &template->content, err));
    return hufu_digest_make(reference->digest, hufu_buf_bytes(&template->content), ret_digest, err);
}

enum hufu_status hufu_xml_template_make_digests(struct hufu_xml_template *template,
                                                struct hufu_error *err)
{
    struct hufu_xml_signature *signature = &template->signature;
    for (size_t i = 0; i < signature->reference_count; i++)
        if (signature->references[i].external)
            return hufu_fail(err, HUFU_E_REFUSED, "reference to a file or an address");
    for (size_t i = 0; i < signature->reference_count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf digest = {.max = FILL_MAX};
        HUFU_TRY(digest_of(template, &signature->references[i], &digest, err));
        HUFU_TRY(fill_in(template, signature->references[i].value, hufu_buf_bytes(&digest), err));
    }
    return HUFU_OK;
}

/* The base64 of an element, in which there may be spaces and line breaks. */
static bool read_value(xmlNodePtr element, struct hufu_buf *ret_bytes)
{
    HUFU_AUTO(xmlFree_auto) xmlChar *text = xmlNodeGetContent(element);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = FILL_MAX};
    for (const xmlChar *at = text; at && *at; at++)
        if (!strchr(" \t\r\n", *at))
            hufu_buf_add_u8(&base64, *at);
    return !base64.failed &&
           hufu_base64_decode(hufu_buf_bytes(&base64), ret_bytes, NULL) == HUFU_OK;
}

enum hufu_status hufu_xml_template_check_digests(struct hufu_xml_template *template,
                                                 struct hufu_error *err)
{
    struct hufu_xml_signature *signature = &template->signature;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf said = {.max = FILL_MAX};
    for (size_t i = 0; i < signature->reference_count; i++) {
        const struct hufu_xml_reference *reference = &signature->references[i];
        hufu_buf_clear(&said);
        if (!read_value(reference->value, &said) || said.len != hufu_digest_size(reference->digest))
            return hufu_fail(err, HUFU_E_XML_TAG, "DigestValue");
    }
    if (signature->reference_count > 1 || signature->references[0].external)
        return HUFU_OK;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = FILL_MAX};
    HUFU_TRY(digest_of(template, &signature->references[0], &made, err));
    if (made.len != said.len || memcmp(made.data, said.data, made.len) != 0)
        hufu_buf_clear(&template->content);
    return HUFU_OK;
}

struct hufu_bytes hufu_xml_template_content(const struct hufu_xml_template *template)
{
    return template->signature.reference_count == 1 ? hufu_buf_bytes(&template->content)
                                                    : (struct hufu_bytes){0};
}

/* --- results --- */

enum hufu_status hufu_xml_template_signed_info(struct hufu_xml_template *template,
                                               struct hufu_buf *ret_bytes, struct hufu_error *err)
{
    const struct hufu_xml_part part = {
        .document = template->document, .top = template->signature.signed_info, .comments = true};
    return hufu_xml_canonicalise(&part, template->signature.c14n, template->signature.c14n_element,
                                 ret_bytes, err);
}

static void put_fills(const struct hufu_xml_template *template, struct hufu_buf *ret_text)
{
    enum { TAGS = 64 }; /* an end tag and more; a longer one only costs a copy */
    struct hufu_bytes text = template->text;
    size_t at = 0, added = 0;
    for (size_t i = 0; i < template->fill_count; i++)
        added += template->fills[i].text.len + TAGS;
    hufu_buf_reserve(ret_text, text.len + added);
    for (size_t i = 0; i < template->fill_count; i++) {
        const struct fill *fill = &template->fills[i];
        if (fill->text.len > 0)
            at = hufu_xml_put(text, at, &fill->place, hufu_buf_bytes(&fill->text), ret_text);
    }
    hufu_buf_add(ret_text, text.data + at, text.len - at);
}

static void free_list(xmlNsPtr **list)
{
    if (*list)
        xmlFree(*list);
}

/* An element around the signature that declares what is in scope there; none around a root. */
static void wrap(const struct hufu_xml_template *template, struct hufu_bytes signature,
                 struct hufu_buf *ret_text)
{
    xmlNodePtr parent = template->signature.element->parent;
    HUFU_AUTO(free_list) xmlNsPtr *list = xmlGetNsList(template->document, parent);
    bool is_root = parent == (xmlNodePtr) template->document;
    hufu_buf_add_text(ret_text, is_root ? "" : "<around");
    for (size_t i = 0; list && list[i]; i++)
        hufu_buf_printf(ret_text, " xmlns%s%s=\"%s\"", list[i]->prefix ? ":" : "",
                        list[i]->prefix ? (const char *)list[i]->prefix : "",
                        list[i]->href ? (const char *)list[i]->href : "");
    hufu_buf_add_text(ret_text, is_root ? "" : ">");
    hufu_buf_add(ret_text, signature.data, signature.len);
    hufu_buf_add_text(ret_text, is_root ? "" : "</around>");
}

/* The signature as it will be read is the one that was made. Around it nothing was touched. */
static enum hufu_status check_signature(const struct hufu_xml_template *template,
                                        struct hufu_bytes made, struct hufu_error *err)
{
    size_t first = (size_t)(template->element.data - template->text.data);
    size_t len = template->element.len + (made.len - template->text.len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_XML_CANONICAL_MAX};
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr again = NULL;
    wrap(template, hufu_bytes_of(made.data + first, len), &text);
    if (text.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "signature");
    HUFU_TRY(hufu_xml_parse(hufu_buf_bytes(&text), &again, err));
    xmlNodePtr root = xmlDocGetRootElement(again);
    xmlNodePtr signature = hufu_xml_is(root, HUFU_XML_DSIG, "Signature") ? root : root->children;
    if (signature->next || !hufu_xml_equal(template->signature.element, signature))
        return hufu_fail(err, HUFU_E_COMPONENT, "the document would have changed");
    return HUFU_OK;
}

static enum hufu_status write_and_check(const struct hufu_xml_template *template,
                                        struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t before = ret_text->len;
    put_fills(template, ret_text);
    if (ret_text->failed)
        return hufu_fail(err, HUFU_E_MEMORY, "result too long");
    return check_signature(template, hufu_bytes_of(ret_text->data + before, ret_text->len - before),
                           err);
}

enum hufu_status hufu_xml_template_write(struct hufu_xml_template *template,
                                         struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t before = ret_text->len;
    enum hufu_status status = write_and_check(template, ret_text, err);
    if (status != HUFU_OK)
        hufu_buf_shorten(ret_text, ret_text->len - before);
    return status;
}
