/* hufu open, which finds `commands` in the place of the program beside it. */
#include "base/log.h"
#include "base/path.h"
#include "cli/cli.h"

#include <stdio.h>

bool __real_hufu_path_beside(char ret_path[PATH_MAX], const char *name);
bool __wrap_hufu_path_beside(char ret_path[PATH_MAX], const char *name);

bool __wrap_hufu_path_beside(char ret_path[PATH_MAX], const char *name)
{
    (void)name;
    return __real_hufu_path_beside(ret_path, "commands");
}

int main(int argc, char **argv)
{
    hufu_log_init("hufu");
    return argc > 1 ? hufu_cli_open(argc - 1, argv + 1) : HUFU_EXIT_USAGE;
}
