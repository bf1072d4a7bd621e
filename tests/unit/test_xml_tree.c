#include "bytes.h"

#include "xml/c14n.h"
#include "xml/tree.h"

static xmlDocPtr parse(const char *text)
{
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text, strlen(text));
    xmlDocPtr document = NULL;
    return hufu_xml_parse(hufu_bytes_of(copy, strlen(text)), &document, NULL) == HUFU_OK ? document
                                                                                         : NULL;
}

/* --- reading --- */

static void refuses_what_others_repair(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "a",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a b='1' b='2'/>",
        "<a xmlns:c='u' xmlns:d='u' c:b='' d:b=''/>",
        "<a:b/>",
        "<b a:c=''/>",
        "<a>&b;</a>",
        "<a b='&c;'/>",
        "<a>&#0;</a>",
        "<a>\x01</a>",
        "<a>\xFF</a>",
        "<a>\xC0\x80</a>",
        "<a>\xED\xA0\x80</a>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a xmlns:b=''/>",
        "<a xmlns:b='&quot;'/>",
        "<a xmlns='u&amp;v'/>",
        "<a xmlns='u&#10;v'/>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>",
        "<a/><!DOCTYPE a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.0' encoding='UTF-8'?>",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (parse(rows[i]))
            fail_msg("taken: %s", rows[i]);
}

static void text_is_utf_8_whatever_it_says(void **state)
{
    (void)state;
    static const char *const rows[] = {"UTF-8",  "utf-8",      "Big5",
                                       "UTF-16", "ISO-8859-1", "x-nobody"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[100];
        snprintf(text, sizeof text, "<?xml version='1.0' encoding='%s'?><a>公文</a>", rows[i]);
        HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr document = parse(text);
        assert_non_null(document);
        assert_string_equal(xmlDocGetRootElement(document)->children->content, "公文");
    }
}

/* --- comparing --- */

static bool same(const char *one, const char *other)
{
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr a = parse(one);
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr b = parse(other);
    assert_non_null(a);
    assert_non_null(b);
    bool equal = hufu_xml_equal(xmlDocGetRootElement(a), xmlDocGetRootElement(b));
    assert_int_equal(equal, hufu_xml_equal(xmlDocGetRootElement(b), xmlDocGetRootElement(a)));
    return equal;
}

static void sees_every_difference(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"<a/>", "<b/>"},
        {"<a/>", "<a b=''/>"},
        {"<a b=''/>", "<a c=''/>"},
        {"<a b='1'/>", "<a b='2'/>"},
        {"<a b='1' c=''/>", "<a b='1'/>"},
        {"<a/>", "<a xmlns='u'/>"},
        {"<a xmlns='u'/>", "<a xmlns='v'/>"},
        {"<a xmlns:b='u'/>", "<a/>"},
        {"<a xmlns:b='u' b:c=''/>", "<a xmlns:b='u' c=''/>"},
        {"<b:a xmlns:b='u'/>", "<c:a xmlns:c='u'/>"},
        {"<a>x</a>", "<a/>"},
        {"<a>x</a>", "<a>y</a>"},
        {"<a>x</a>", "<a><![CDATA[x]]></a>"},
        {"<a><!--x--></a>", "<a><!--y--></a>"},
        {"<a><?x y?></a>", "<a><?x z?></a>"},
        {"<a><?x y?></a>", "<a><?w y?></a>"},
        {"<a><b/></a>", "<a><b/><b/></a>"},
        {"<a><b><c/></b></a>", "<a><b/><c/></a>"},
        {"<a><b><c/></b><d/></a>", "<a><b><c/><d/></b></a>"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_false(same(rows[i][0], rows[i][1]));
        assert_true(same(rows[i][0], rows[i][0]));
        assert_true(same(rows[i][1], rows[i][1]));
    }
    assert_true(same("<a b='1'\n></a >", "<a b=\"&#49;\"/>"));
}

/* --- canonical forms --- */

static void assert_canonical(const char *text, const char *method, const char *top,
                             const char *expected)
{
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr document = parse(text);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 1000};
    struct hufu_xml_part part = {.document = document, .comments = true};
    assert_non_null(document);
    if (top)
        assert_int_equal(hufu_xml_by_id(document, top, &part.top, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_canonicalise(&part, hufu_xml_c14n_method(method), NULL, &made, NULL),
                     HUFU_OK);
    assert_string_equal(hufu_buf_text(&made), expected);
}

#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

/* By the rules of the recommendation, in our own words. */
static void canonical_forms(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"<?xml version='1.0'?>\n<?p q?><!-- c -->\n<a  c='2' b = \"1\"/>\n", C14N, NULL,
         "<?p q?>\n<a b=\"1\" c=\"2\"></a>"},
        {"<!-- c --><a><!-- d --></a>", C14N "#WithComments", NULL,
         "<!-- c -->\n<a><!-- d --></a>"},
        {"<a>\r\n&#13;&lt;&amp;&gt;&quot;<![CDATA[<&]]></a>", C14N, NULL,
         "<a>\n&#xD;&lt;&amp;&gt;\"&lt;&amp;</a>"},
        {"<a b='&quot;&apos;&lt;&#9;&#10;&#13;>'/>", C14N, NULL,
         "<a b=\"&quot;'&lt;&#x9;&#xA;&#xD;>\"></a>"},
        {"<a xmlns='urn:u' xmlns:z='urn:z' xml:lang='zh'><b Id='x' y:c='' xmlns:y='urn:y'/></a>",
         C14N, "x",
         "<b xmlns=\"urn:u\" xmlns:y=\"urn:y\" xmlns:z=\"urn:z\" Id=\"x\" xml:lang=\"zh\" "
         "y:c=\"\"></b>"},
        {"<a xmlns='urn:u' xmlns:z='urn:z' xml:lang='zh'><b Id='x' y:c='' xmlns:y='urn:y'/></a>",
         HUFU_XML_EXC_C14N, "x", "<b xmlns=\"urn:u\" xmlns:y=\"urn:y\" Id=\"x\" y:c=\"\"></b>"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_canonical(rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
}

/* The recommendation has it so: what a relative name of a namespace means is not known. */
static void no_canonical_form(void **state)
{
    (void)state;
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr document = parse("<a xmlns='u'/>");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 1000};
    const struct hufu_xml_part part = {.document = document};
    assert_non_null(document);
    assert_int_equal(hufu_xml_canonicalise(&part, hufu_xml_c14n_default(), NULL, &made, NULL),
                     HUFU_E_XML);
}

/* A namespace of 200 KB, which each of 100 elements repeats: 20 MB out of 200 KB. */
static void a_canonical_form_that_grows(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *name = repeat('u', 200000);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = HUFU_XML_CANONICAL_MAX};
    hufu_buf_add_text(&text, "<a xmlns:b='urn:");
    hufu_buf_add_text(&text, name);
    hufu_buf_add_text(&text, "'>");
    for (int i = 0; i < 100; i++)
        hufu_buf_add_text(&text, "<b:c/>");
    hufu_buf_add_text(&text, "</a>");
    HUFU_AUTO(xmlFreeDoc_auto) xmlDocPtr document = parse(hufu_buf_text(&text));
    assert_non_null(document);
    const struct hufu_xml_part part = {.document = document};
    assert_int_equal(
        hufu_xml_canonicalise(&part, hufu_xml_c14n_method(HUFU_XML_EXC_C14N), NULL, &made, NULL),
        HUFU_E_XML);
    hufu_buf_clear(&made);
    assert_int_equal(hufu_xml_canonicalise(&part, hufu_xml_c14n_default(), NULL, &made, NULL),
                     HUFU_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_others_repair),
        cmocka_unit_test(text_is_utf_8_whatever_it_says),
        cmocka_unit_test(sees_every_difference),
        cmocka_unit_test(canonical_forms),
        cmocka_unit_test(no_canonical_form),
        cmocka_unit_test(a_canonical_form_that_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
