#include "service/mailbox.h"

#include "fuzz.h"

static const char setter[] = "https://a.example.tw";

/* Hosts are separated by ; , or white space. */
static bool lists(const char *domains, const char *host)
{
    static const char separators[] = ";, \t\r\n";
    size_t len = strlen(host);
    for (const char *at = domains; (at = strstr(at, host)); at++)
        if ((at == domains || strchr(separators, at[-1])) && strchr(separators, at[len]))
            return true;
    return false;
}

static const char *next(char **rest)
{
    const char *field = strsep(rest, "\n");
    return field ? field : "";
}

/* The input is channel, domains, timeout and value, a line each (the value may have more). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const readers[][2] = {{"https://b.example.tw", "b.example.tw"},
                                             {"https://b.example.tw:8443", "b.example.tw"},
                                             {"https://[2001:db8::1]", "[2001:db8::1]"}};
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    char *rest = text;
    const char *channel = next(&rest);
    const char *domains = next(&rest);
    const char *timeout = next(&rest);
    const char *value = rest ? rest : "";
    struct hufu_mailboxes *mailboxes = hufu_mailboxes_new();
    if (hufu_mailbox_set(mailboxes, setter, channel, domains, timeout, value, NULL) == HUFU_OK) {
        if (strspn(timeout, "0") != strlen(timeout))
            require(strcmp(hufu_mailbox_get(mailboxes, setter, channel), value) == 0);
        for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
            if (hufu_mailbox_get(mailboxes, readers[i][0], channel)[0])
                require(lists(domains, readers[i][1]));
        require(!hufu_mailbox_get(mailboxes, "https://c.example.tw", channel)[0] ||
                lists(domains, "c.example.tw"));
    }
    hufu_mailboxes_free(mailboxes);
    return 0;
}
