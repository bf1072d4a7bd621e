#include "xml/c14n.h"

#include <libxml/c14n.h>
#include <libxml/xmlIO.h>
#include <string.h>

struct job {
    const struct hufu_xml_part *part;
    struct hufu_buf *to;
};

static int take(void *context, const char *bytes, int len)
{
    struct job *job = context;
    hufu_buf_add(job->to, bytes, (size_t)len);
    return job->to->failed ? -1 : len;
}

/* Once the output has failed nothing more is shown, and so nothing more is written. */
static int is_visible(void *context, xmlNodePtr node, xmlNodePtr parent)
{
    const struct job *job = context;
    const struct hufu_xml_part *part = job->part;
    if (job->to->failed || (node->type == XML_COMMENT_NODE && !part->comments))
        return 0;
    const xmlNode *element =
        node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    for (; element && element != part->top; element = element->parent)
        if (element == part->without)
            return 0;
    return part->top == NULL || (element && element != part->without);
}

/* The list of prefixes that exclusive canonicalisation treats as the other one would; NULL when
 * there is none. `ret_list` points into the text that is returned. */
static xmlChar *read_prefixes(xmlNodePtr of, xmlChar *ret_list[HUFU_XML_PREFIXES_MAX + 1],
                              bool *ret_too_many)
{
    xmlNodePtr element = of ? hufu_xml_element(of->children) : NULL;
    xmlChar *text = hufu_xml_is(element, HUFU_XML_EXC_C14N, "InclusiveNamespaces")
                        ? hufu_xml_attribute(element, "PrefixList")
                        : NULL;
    size_t count = 0;
    char *rest = (char *)text;
    for (char *word; rest && (word = strsep(&rest, " \t\r\n"));) {
        if (!*word)
            continue;
        *ret_too_many |= count == HUFU_XML_PREFIXES_MAX;
        if (count < HUFU_XML_PREFIXES_MAX)
            ret_list[count++] = BAD_CAST word;
    }
    ret_list[count] = NULL;
    return text;
}

static bool execute(struct job *job, const struct hufu_xml_c14n_method *method, xmlChar **prefixes)
{
    xmlOutputBufferPtr output = xmlOutputBufferCreateIO(take, NULL, job, NULL);
    if (!output)
        return false;
    int done = xmlC14NExecute(job->part->document, is_visible, job,
                              method->exclusive ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0,
                              method->exclusive ? prefixes : NULL, method->comments, output);
    return xmlOutputBufferClose(output) >= 0 && done >= 0 && !job->to->failed;
}

enum hufu_status hufu_xml_canonicalise(const struct hufu_xml_part *part,
                                       const struct hufu_xml_c14n_method *method, xmlNodePtr of,
                                       struct hufu_buf *ret_bytes, struct hufu_error *err)
{
    struct job job = {.part = part, .to = ret_bytes};
    xmlChar *prefixes[HUFU_XML_PREFIXES_MAX + 1];
    bool too_many = false;
    HUFU_AUTO(xmlFree_auto) xmlChar *text = read_prefixes(of, prefixes, &too_many);
    if (too_many)
        return hufu_fail(err, HUFU_E_XML, "too many prefixes");
    if (!execute(&job, method, text ? prefixes : NULL))
        return hufu_fail(err, HUFU_E_XML, "canonical form");
    return HUFU_OK;
}
