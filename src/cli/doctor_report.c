/* hufu doctor --report: what a person hands to a support, who need not know who the person is. */
#include "cli/doctor_print.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/print.h"

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    SYSTEM_MAX = 64 * 1024, /* os-release has a dozen lines */
    SERIAL_DIGITS = 4,      /* readers carry their serial number in their name; models have three */
};

/* Replaces each `what` by `with`; as a whole word, when `word`. */
static void replace(char *text, const char *what, const char *with, bool word)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = HUFU_FINDING_VALUE_SIZE - 1};
    size_t len = strlen(what);
    for (const char *at = text; *at;) {
        bool begins = !word || at == text || !isalnum((unsigned char)at[-1]);
        if (len && begins && strncmp(at, what, len) == 0 &&
            (!word || !isalnum((unsigned char)at[len]))) {
            hufu_buf_add_text(&buf, with);
            at += len;
        } else {
            hufu_buf_add(&buf, at++, 1);
        }
    }
    snprintf(text, HUFU_FINDING_VALUE_SIZE, "%s", buf.failed ? "..." : hufu_buf_text(&buf));
}

/* Other people's homes have their names in them. */
static void hide_homes(char *text)
{
    static const char homes[] = "/home/";
    for (char *at = strstr(text, homes); at; at = strstr(at + 1, homes)) {
        char name[64];
        size_t len = strcspn(at + sizeof homes - 1, "/ :;,'\"");
        if (len == 0 || len >= sizeof name)
            continue;
        memcpy(name, at + sizeof homes - 1, len);
        name[len] = 0;
        if (strcmp(name, "USER") != 0)
            replace(text, name, "USER", true);
    }
}

static void hide_digits(char *text)
{
    for (char *at = text; *at; at++) {
        size_t digits = strspn(at, "0123456789abcdefABCDEF");
        bool number = strspn(at, "0123456789") >= SERIAL_DIGITS || digits >= 2 * SERIAL_DIGITS;
        for (size_t i = 0; number && i < digits; i++)
            at[i] = '#';
        at += digits ? digits - 1 : 0;
    }
}

static void redact(struct hufu_finding_value *value, enum hufu_language language)
{
    char home[PATH_MAX] = "";
    char *text = value->text[language];
    const struct passwd *user = getpwuid(geteuid());
    if (strcmp(value->name, "user") == 0)
        snprintf(text, HUFU_FINDING_VALUE_SIZE, "USER");
    if (strcmp(value->name, "origin") == 0)
        snprintf(text, HUFU_FINDING_VALUE_SIZE, "https://WEBSITE");
    if (strcmp(value->name, "readers") == 0)
        hide_digits(text);
    if (hufu_path_home(home) && strlen(home) > 1)
        replace(text, home, "~", false);
    hide_homes(text);
    if (user)
        replace(text, user->pw_name, "USER", true);
}

/* "Debian GNU/Linux 12 (bookworm)" */
static void add_system(struct hufu_buf *buf)
{
    static const char key[] = "PRETTY_NAME=";
    struct utsname name;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = SYSTEM_MAX};
    const char *line =
        hufu_file_read("/etc/os-release", &text) == 0 ? strstr(hufu_buf_text(&text), key) : NULL;
    hufu_buf_add_text(buf, "hufu " HUFU_VERSION ", ");
    if (line)
        hufu_buf_add(buf, line + sizeof key - 1, strcspn(line + sizeof key - 1, "\n"));
    if (uname(&name) == 0)
        hufu_buf_printf(buf, ", %s %s %s", name.sysname, name.release, name.machine);
    hufu_buf_add_text(buf, "\n\n");
}

void hufu_doctor_print_report(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis)
{
    static struct hufu_diagnosis redacted; /* too large for the stack of a small function */
    redacted = *diagnosis;
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++)
        for (size_t n = 0; n < redacted.findings[i].value_count; n++)
            for (int language = 0; language < 2; language++)
                redact(&redacted.findings[i].values[n], (enum hufu_language)language);
    add_system(buf);
    hufu_doctor_print_text(buf, &redacted, true, HUFU_LANGUAGE_EN);
    hufu_buf_printf(buf, "\n%d ms\n", diagnosis->took_ms);
}
