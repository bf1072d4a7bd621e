#include "worker/confinement.h"

#include "base/confine.h"
#include "base/file.h"
#include "base/path.h"

/* Programs, libraries and their settings; devices and what the kernel and udev say of them. The
 * socket of pcscd needs no rule: connecting is not opening. */
static const char *const readable[] = {"/usr",       "/lib",      "/lib32",  "/lib64", "/libx32",
                                       "/etc",       "/opt",      "/proc",   "/sys",   "/dev",
                                       "/run/pcscd", "/run/udev", "/var/lib"};

/* Tokens without pcscd, and the cards of SoftHSM. */
static const char *const writable[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/bus/usb",
                                       "/var/lib/softhsm"};

struct home_folder {
    const char *variable;
    const char *base;
    const char *name;
    bool writable;
};

static const struct home_folder home_folders[] = {
    {"XDG_CONFIG_HOME", ".config", "hufu", false},
    {"XDG_CONFIG_HOME", ".config", "pkcs11", false},
    {"XDG_CONFIG_HOME", ".config", "opensc", false},
    {"XDG_CONFIG_HOME", ".config", "softhsm2", true},
    {"XDG_CACHE_HOME", ".cache", "opensc", true},
    {"XDG_STATE_HOME", ".local/state", "hufu/tries", true}, /* card/tries.h, not hufud's files */
};

/* What hufu itself writes has to be there before; a home may be read-only. */
static void make_tries(void)
{
    char state[PATH_MAX];
    char tries[PATH_MAX];
    if (hufu_path_state(state) && hufu_path_join(tries, state, "tries"))
        (void)hufu_folder_make(tries, 0700);
}

static void allow_home_folder(struct hufu_confinement *confinement,
                              const struct home_folder *folder)
{
    char base[PATH_MAX];
    char path[PATH_MAX];
    if (hufu_path_xdg(base, folder->variable, folder->base) &&
        hufu_path_join(path, base, folder->name))
        hufu_confine_allow(confinement, path, folder->writable);
}

void hufu_worker_confine(const struct hufu_settings *settings)
{
    struct hufu_confinement confinement;
    char text[HUFU_CONFINED_TEXT_MAX];
    make_tries();
    hufu_confine_begin(&confinement, HUFU_CONFINE_WORKER);
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++)
        hufu_confine_allow(&confinement, readable[i], false);
    for (size_t i = 0; i < sizeof writable / sizeof writable[0]; i++)
        hufu_confine_allow(&confinement, writable[i], true);
    for (size_t i = 0; i < sizeof home_folders / sizeof home_folders[0]; i++)
        allow_home_folder(&confinement, &home_folders[i]);
    for (size_t i = 0; i < settings->card_folder_count; i++)
        hufu_confine_allow(&confinement, settings->card_folders[i], true);
    hufu_confine_end(&confinement, text);
}
