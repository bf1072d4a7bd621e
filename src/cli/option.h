/* The options of a command: a table, with a member of the command's own request for each. */
#ifndef HUFU_CLI_OPTION_H
#define HUFU_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct hufu_option {
    const char *name; /* with its dashes */
    size_t offset;    /* of a bool in the request, or of a const char * */
    bool has_value;   /* which is the next word */
};

/* Whether argv[*at] is one of them, with its value if it has one. It is then set in `request`, and
 * *at is its last word. */
bool hufu_option_take(const struct hufu_option *options, size_t count, void *request, int argc,
                      char **argv, int *at);

#endif
