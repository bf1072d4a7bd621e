#include "citizens.h"

#include "xml/c14n.h"
#include "xml/signature.h"
#include "xml/template.h"

HUFU_DEFINE_AUTO(struct hufu_xml_template *, hufu_xml_template_free)

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"

/* A reference to the whole document, and a document with a signature that has `references`. */
#define WHOLE(value)                                                                               \
    "<Reference URI=\"\"><Transforms><Transform Algorithm=\"" HUFU_XML_ENVELOPED                   \
    "\"/></Transforms><DigestMethod Algorithm=\"" DSIG "sha1\"/>" value "</Reference>"
#define OPEN                                                                                       \
    "<Doc>x<Signature xmlns=\"" DSIG "\" Id=\"S1\"><SignedInfo>"                                   \
    "<CanonicalizationMethod Algorithm=\"" C14N "\"/><SignatureMethod Algorithm=\"" MORE           \
    "rsa-sha256\"/>"
#define CLOSE "</SignedInfo><SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature></Doc>"

static enum hufu_status open(const char *text, struct hufu_xml_template **ret_template,
                             struct hufu_error *err)
{
    return hufu_xml_template_open(bytes_of_text(text), "S1", ret_template, err);
}

/* SHA-1 of "<Doc>x</Doc>", by sha1sum. */
#define SUM "aD5ckWMVyoS1mg0fvCfpiCaBOpg="

static void fills_what_is_empty(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 10000};
    assert_int_equal(open(OPEN WHOLE("<DigestValue/>") CLOSE, &template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_make_digests(template, NULL), HUFU_OK);
    assert_bytes(hufu_xml_template_content(template), BYTES("<Doc>x</Doc>"));
    assert_int_equal(hufu_xml_template_set_signature(template, BYTES("abc"), NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_write(template, &made, NULL), HUFU_OK);
    assert_string_equal(
        hufu_buf_text(&made),
        OPEN WHOLE("<DigestValue>" SUM "</DigestValue>") "</SignedInfo><SignatureValue>YWJj</"
                                                         "SignatureValue><KeyInfo><X509Data/>"
                                                         "</KeyInfo></Signature></Doc>");
}

static void signed_info_has_its_digests(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 10000};
    assert_int_equal(open(OPEN WHOLE("<DigestValue/>") CLOSE, &template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_make_digests(template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_signed_info(template, &made, NULL), HUFU_OK);
    assert_non_null(strstr(hufu_buf_text(&made), "<DigestValue>" SUM "</DigestValue>"));
    assert_int_equal(strncmp(hufu_buf_text(&made), "<SignedInfo xmlns=\"" DSIG "\">", 53), 0);
}

static void a_certificate_of_the_right_kind(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = 10000};
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *rsa = citizen_certificate("citizen/sign.der");
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *ec = citizen_certificate("ec/sign.der");
    read_citizen_base64("citizen/sign.der", &base64);
    assert_int_equal(open(OPEN WHOLE("<DigestValue/>") CLOSE, &template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_set_certificate(template, ec, NULL), HUFU_E_ALGORITHM);
    assert_int_equal(hufu_xml_template_set_certificate(template, rsa, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_write(template, &made, NULL), HUFU_OK);
    const char *found = strstr(hufu_buf_text(&made), "<X509Data><X509Certificate>");
    assert_non_null(found);
    found += strlen("<X509Data><X509Certificate>");
    assert_int_equal(strncmp(found, hufu_buf_text(&base64), base64.len), 0);
    assert_int_equal(strncmp(found + base64.len, "</X509Certificate></X509Data>", 29), 0);
}

/* The content is shown where its digest is the page's, and nothing is shown elsewhere. */
static void digests_of_the_page(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum hufu_status status;
        const char *content;
    } rows[] = {
        {OPEN WHOLE("<DigestValue>" SUM "</DigestValue>") CLOSE, HUFU_OK, "<Doc>x</Doc>"},
        {OPEN WHOLE("<DigestValue>\naD5ckWMVyoS1mg0f\nvCfpiCaBOpg= </DigestValue>") CLOSE, HUFU_OK,
         "<Doc>x</Doc>"},
        {OPEN WHOLE("<DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAA=</DigestValue>") CLOSE, HUFU_OK, ""},
        {OPEN WHOLE("<DigestValue>" SUM "</DigestValue>")
             WHOLE("<DigestValue>" SUM "</DigestValue>") CLOSE,
         HUFU_OK, ""},
        {OPEN WHOLE("<DigestValue/>") CLOSE, HUFU_E_XML_TAG, ""},
        {OPEN WHOLE("<DigestValue>AAAA</DigestValue>") CLOSE, HUFU_E_XML_TAG, ""},
        {OPEN WHOLE("<DigestValue>a.5ckWMVyoS1mg0fvCfpiCaBOpg=</DigestValue>") CLOSE,
         HUFU_E_XML_TAG, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
        assert_int_equal(open(rows[i].text, &template, NULL), HUFU_OK);
        assert_int_equal(hufu_xml_template_check_digests(template, NULL), rows[i].status);
        assert_bytes(hufu_xml_template_content(template), bytes_of_text(rows[i].content));
    }
}

static enum hufu_status open_with(const char *part, size_t count)
{
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100000};
    hufu_buf_add_text(&text, OPEN);
    for (size_t i = 0; i < count; i++)
        hufu_buf_add_text(&text, part);
    hufu_buf_add_text(&text, CLOSE);
    return open(hufu_buf_text(&text), &template, NULL);
}

static void a_number_of_references(void **state)
{
    (void)state;
    static const char one[] = WHOLE("<DigestValue/>");
    assert_int_equal(open_with(one, 0), HUFU_E_XML_TAG);
    assert_int_equal(open_with(one, HUFU_XML_REFERENCES_MAX), HUFU_OK);
    assert_int_equal(open_with(one, HUFU_XML_REFERENCES_MAX + 1), HUFU_E_XML);
}

static enum hufu_status with_prefixes(size_t count)
{
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100000};
    hufu_buf_add_text(&text, OPEN
                      "<Reference URI=\"\"><Transforms><Transform Algorithm=\"" HUFU_XML_ENVELOPED
                      "\"/><Transform Algorithm=\"" HUFU_XML_EXC_C14N
                      "\"><InclusiveNamespaces xmlns=\"" HUFU_XML_EXC_C14N "\" PrefixList=\"");
    for (size_t i = 0; i < count; i++)
        hufu_buf_printf(&text, "p%zu ", i);
    hufu_buf_add_text(&text, "\"/></Transform></Transforms><DigestMethod Algorithm=\"" DSIG
                             "sha1\"/><DigestValue/></Reference>" CLOSE);
    assert_int_equal(open(hufu_buf_text(&text), &template, NULL), HUFU_OK);
    return hufu_xml_template_make_digests(template, NULL);
}

static void a_number_of_prefixes(void **state)
{
    (void)state;
    assert_int_equal(with_prefixes(0), HUFU_OK);
    assert_int_equal(with_prefixes(HUFU_XML_PREFIXES_MAX), HUFU_OK);
    assert_int_equal(with_prefixes(HUFU_XML_PREFIXES_MAX + 1), HUFU_E_XML);
}

static void a_result_that_is_too_long(void **state)
{
    (void)state;
    static const char text[] = OPEN WHOLE("<DigestValue/>") CLOSE;
    HUFU_AUTO(hufu_xml_template_free_auto) struct hufu_xml_template *template = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = sizeof text};
    assert_int_equal(open(text, &template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_make_digests(template, NULL), HUFU_OK);
    assert_int_equal(hufu_xml_template_write(template, &made, NULL), HUFU_E_MEMORY);
    assert_int_equal(made.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_what_is_empty),
        cmocka_unit_test(signed_info_has_its_digests),
        cmocka_unit_test(a_certificate_of_the_right_kind),
        cmocka_unit_test(digests_of_the_page),
        cmocka_unit_test(a_number_of_references),
        cmocka_unit_test(a_number_of_prefixes),
        cmocka_unit_test(a_result_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
