#include "card/modules.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "card/pkcs11.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_cards *, hufu_cards_close)

/* A file of p11-kit has a dozen lines. */
enum { CONFIG_MAX = 64 * 1024 };

static const char worker[] = "hufu-worker";

/* pkcs11.conf(5): whose modules count. */
enum user_mode { USER_NONE, USER_MERGE, USER_ONLY };

/* --- one file: "name: value" a line --- */

/* The value of the last such line; false when there is none. */
static bool read_value(const char *path, const char *name, char ret_value[PATH_MAX])
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = CONFIG_MAX};
    bool found = false;
    if (hufu_file_read(path, &text))
        return false;
    char *rest = (char *)text.data;
    for (char *line = rest ? strsep(&rest, "\n") : NULL; line; line = strsep(&rest, "\n")) {
        line[strcspn(line, "\r")] = 0;
        line += strspn(line, " \t");
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        char *value = line + strlen(name);
        value += strspn(value, " \t");
        if (*value != ':')
            continue;
        value += 1 + strspn(value + 1, " \t");
        size_t len = strlen(value);
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            value[--len] = 0;
        found = snprintf(ret_value, PATH_MAX, "%s", value) < PATH_MAX;
    }
    return found;
}

/* A list of programs, separated by commas or spaces. */
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, ", \t")) {
        at += strspn(at, ", \t");
        if (strncmp(at, word, len) == 0 && (!at[len] || strchr(", \t", at[len])))
            return true;
    }
    return false;
}

static bool is_for_worker(const char *config)
{
    char value[PATH_MAX];
    if (read_value(config, "trust-policy", value) && strcmp(value, "yes") == 0)
        return false;
    if (read_value(config, "enable-in", value) && !lists(value, worker))
        return false;
    return !read_value(config, "disable-in", value) || !lists(value, worker);
}

/* --- all of them --- */

struct list {
    struct hufu_module_file *files;
    size_t count, max;
};

static bool has(const struct list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->files[i].path, path) == 0)
            return true;
    return false;
}

static void add(struct list *list, const char *config)
{
    char value[PATH_MAX];
    char path[PATH_MAX];
    if (list->count == list->max || !is_for_worker(config) ||
        !read_value(config, "module", value) || !value[0])
        return;
    if (value[0] == '/' ? snprintf(path, sizeof path, "%s", value) >= PATH_MAX
                        : !hufu_path_join(path, HUFU_P11_MODULES, value))
        return;
    if (has(list, path))
        return;
    memcpy(list->files[list->count].path, path, sizeof path);
    snprintf(list->files[list->count].config, PATH_MAX, "%s", config);
    list->count++;
}

static int is_module(const struct dirent *entry)
{
    return fnmatch("*.module", entry->d_name, FNM_PERIOD) == 0;
}

static void add_folder(struct list *list, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_module, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (hufu_path_join(path, folder, entries[i]->d_name))
            add(list, path);
        free(entries[i]);
    }
    free(entries);
}

static enum user_mode mode_in(const char *path, enum user_mode otherwise)
{
    static const char *const words[] = {
        [USER_NONE] = "none", [USER_MERGE] = "merge", [USER_ONLY] = "only"};
    char value[PATH_MAX];
    if (!read_value(path, "user-config", value))
        return otherwise;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], value) == 0)
            return (enum user_mode)i;
    return otherwise;
}

/* p11-kit does not read what root has in its home. */
static enum user_mode find_user(char ret_folder[PATH_MAX])
{
    char config[PATH_MAX];
    enum user_mode mode = mode_in(HUFU_P11_SYSCONF "/pkcs11.conf", USER_MERGE);
    if (geteuid() == 0 || mode == USER_NONE ||
        !hufu_path_xdg(config, "XDG_CONFIG_HOME", ".config") ||
        !hufu_path_join(ret_folder, config, "pkcs11/pkcs11.conf"))
        return USER_NONE;
    mode = mode_in(ret_folder, mode);
    return hufu_path_join(ret_folder, config, "pkcs11/modules") ? mode : USER_NONE;
}

size_t hufu_modules_list(struct hufu_module_file *ret_files, size_t max)
{
    struct list list = {.files = ret_files, .max = max};
    char user[PATH_MAX];
    enum user_mode mode = find_user(user);
    if (mode != USER_NONE)
        add_folder(&list, user);
    if (mode != USER_ONLY) {
        add_folder(&list, HUFU_P11_SYSCONF "/modules");
        add_folder(&list, HUFU_P11_CONFIGS);
    }
    return list.count;
}

/* --- one of them --- */

enum hufu_status hufu_cards_open_one(const char *path, struct hufu_cards **ret_cards,
                                     struct hufu_error *err)
{
    HUFU_AUTO(hufu_cards_close_auto) struct hufu_cards *cards = calloc(1, sizeof *cards);
    if (!cards)
        return hufu_fail(err, HUFU_E_MEMORY, "cards");
    p11_kit_be_quiet();
    CK_FUNCTION_LIST *module = p11_kit_module_load(path, P11_KIT_MODULE_UNMANAGED);
    if (!module)
        return hufu_fail(err, HUFU_E_NO_DRIVER, p11_kit_message());
    CK_RV code = hufu_module_initialise(module);
    if (code != CKR_OK)
        return hufu_fail_ckr(err, code, "C_Initialize");
    cards->modules[cards->module_count++] = module;
    *ret_cards = HUFU_TAKE(cards);
    return HUFU_OK;
}
