/* What shows that a request comes from the page that this process opened. */
#ifndef HUFU_OPEN_TOKEN_H
#define HUFU_OPEN_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

/* 256 bits: nobody guesses one before the process ends. */
enum { HUFU_TOKEN_BYTES = 32, HUFU_TOKEN_SIZE = 2 * HUFU_TOKEN_BYTES + 1 };

/* Lower-case hex with its NUL; all zero bytes when there is none, which equals nothing. */
struct hufu_token {
    char text[HUFU_TOKEN_SIZE];
};

/* false when the kernel gives no random bytes. */
bool hufu_token_new(struct hufu_token *ret_token);

/* In a time that does not tell how much of it was right. */
bool hufu_token_equals(const struct hufu_token *token, const char *text);

/* Browsers send cookies of 127.0.0.1 to each of its ports, so the name has the port. */
enum { HUFU_COOKIE_NAME_SIZE = sizeof "hufu-open-65535" };
void hufu_cookie_name(uint16_t port, char ret_name[HUFU_COOKIE_NAME_SIZE]);

/* Whether the header Cookie (or NULL) has exactly one cookie of this name, with the token. */
bool hufu_cookie_is(const char *header, const char *name, const struct hufu_token *token);

#endif
