/* Where hufu's own files are. Every function writes a NUL-terminated path of less than PATH_MAX
 * bytes and returns false when it would not fit or HOME is not set. */
#ifndef HUFU_BASE_PATH_H
#define HUFU_BASE_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

bool hufu_path_join(char ret_path[PATH_MAX], const char *folder, const char *name);

/* What the administrator writes: HUFU_SYSCONF, normally /etc/hufu. */
const char *hufu_path_system(void);

/* $HOME, and a folder below the XDG base folders: ~/.config/hufu, ~/.local/share/hufu and
 * ~/.local/state/hufu. */
bool hufu_path_home(char ret_path[PATH_MAX]);
bool hufu_path_config(char ret_path[PATH_MAX]);
bool hufu_path_data(char ret_path[PATH_MAX]);
bool hufu_path_state(char ret_path[PATH_MAX]);

/* $XDG_RUNTIME_DIR: what is in there ends with the session. false where there is none. */
bool hufu_path_runtime(char ret_path[PATH_MAX]);

/* Whose those files are: the user who ran this by sudo or pkexec, else the one who runs it. */
uid_t hufu_path_owner(void);

/* `name` in the folder of the running program: hufu's programs are installed side by side. */
bool hufu_path_beside(char ret_path[PATH_MAX], const char *name);

/* The value of the variable when it is an absolute path, else `home_part` below $HOME. */
bool hufu_path_xdg(char ret_path[PATH_MAX], const char *variable, const char *home_part);

#endif
