/* hufu: one file and one row of a table for each command. */
#ifndef HUFU_CLI_CLI_H
#define HUFU_CLI_CLI_H

/* Exit status of every command. */
enum { HUFU_EXIT_DONE, HUFU_EXIT_FAILED, HUFU_EXIT_USAGE };

struct hufu_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's own name */
    const char *summary[2];            /* by enum hufu_language */
};

int hufu_cli_sites(int argc, char **argv);
int hufu_cli_log(int argc, char **argv);
int hufu_cli_open(int argc, char **argv);
int hufu_cli_card(int argc, char **argv);
int hufu_cli_errors(int argc, char **argv);
int hufu_cli_trust(int argc, char **argv);
int hufu_cli_doctor(int argc, char **argv);
int hufu_cli_restart(int argc, char **argv);
int hufu_cli_trust_policy(int argc, char **argv); /* argv[0] is "policy" */
int hufu_cli_trust_export(int argc, char **argv);
int hufu_cli_setup(int argc, char **argv);
int hufu_cli_kit(int argc, char **argv);

#endif
