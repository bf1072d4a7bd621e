#include "open/token.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

bool hufu_token_new(struct hufu_token *ret_token)
{
    unsigned char bytes[HUFU_TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret_token->text + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

static bool equals(const struct hufu_token *token, const char *text, size_t len)
{
    unsigned char difference = token->text[0] == 0;
    if (len != HUFU_TOKEN_SIZE - 1)
        return false;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(token->text[i] ^ text[i]);
    return difference == 0;
}

bool hufu_token_equals(const struct hufu_token *token, const char *text)
{
    return equals(token, text, strlen(text));
}

void hufu_cookie_name(uint16_t port, char ret_name[HUFU_COOKIE_NAME_SIZE])
{
    snprintf(ret_name, HUFU_COOKIE_NAME_SIZE, "hufu-open-%u", (unsigned)port);
}

bool hufu_cookie_is(const char *header, const char *name, const struct hufu_token *token)
{
    size_t name_len = strlen(name);
    size_t found = 0;
    bool right = false;
    while (header && *header) {
        header += strspn(header, " ;");
        size_t len = strcspn(header, ";");
        if (len > name_len && strncmp(header, name, name_len) == 0 && header[name_len] == '=') {
            found++;
            right = equals(token, header + name_len + 1, len - name_len - 1);
        }
        header += len;
    }
    return found == 1 && right;
}
