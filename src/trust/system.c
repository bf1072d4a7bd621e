#include "trust/system.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/program.h"
#include "crypto/authority.h"
#include "crypto/probe.h"
#include "crypto/sha256.h"
#include "trust/owner.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUNDLE_MAX = 16 * 1024 * 1024, /* 140 CAs have 220 KB */
    PEM_MAX = 2 * HUFU_LEAF_MAX,
    NAME_SIZE = 64,
    UPDATE_MS = 60 * 1000, /* hooks of other packages run in it, such as Java's */
};

/* How a distribution does it: files in a folder of the administrator's, of which a program makes
 * what programs read. One such folder and program tell which it is. */
static const struct system {
    const char *folder;
    const char *program;
    const char *adding; /* its argument, or NULL */
    const char *removing;
    const char *bundle;
} systems[] = {
    {.folder = "/usr/local/share/ca-certificates", /* Debian, Ubuntu */
     .program = "/usr/sbin/update-ca-certificates",
     .removing = "--fresh", /* else dead links stay in /etc/ssl/certs */
     .bundle = "/etc/ssl/certs/ca-certificates.crt"},
    {.folder = "/etc/pki/ca-trust/source/anchors", /* Fedora, RHEL */
     .program = "/usr/bin/update-ca-trust",
     .adding = "extract",
     .removing = "extract",
     .bundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"},
    {.folder = "/etc/ca-certificates/trust-source/anchors", /* Arch */
     .program = "/usr/bin/update-ca-trust",
     .adding = "extract",
     .removing = "extract",
     .bundle = "/etc/ca-certificates/extracted/tls-ca-bundle.pem"},
    {.folder = "/etc/pki/trust/anchors", /* openSUSE */
     .program = "/usr/sbin/update-ca-certificates",
     .removing = "--fresh",
     .bundle = "/var/lib/ca-certificates/ca-bundle.pem"},
};

static const struct system *this_system(void)
{
    struct stat info;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
        if (stat(systems[i].folder, &info) == 0 && S_ISDIR(info.st_mode) &&
            access(systems[i].program, X_OK) == 0)
            return &systems[i];
    return NULL;
}

HUFU_DEFINE_AUTO(DIR *, closedir)

static void refuse(struct hufu_trust_answer *ret_answer, enum hufu_trust_reason reason,
                   const char *cause)
{
    ret_answer->state = HUFU_TRUST_REFUSED;
    ret_answer->reason = reason;
    snprintf(ret_answer->cause, sizeof ret_answer->cause, "%s", cause);
}

/* --- what should be there --- */

struct wanted {
    struct hufu_ports ports; /* of the hufud whose leaf they vouch for */
    size_t count;
    struct {
        char name[NAME_SIZE];
        struct hufu_buf pem;
    } items[HUFU_LEAF_COUNT];
};

static void wanted_done(struct wanted *wanted)
{
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_done(&wanted->items[i].pem);
}

/* "hufu-1000-": whose they are. Root's own removal takes everybody's. */
static void make_prefix(bool everybody, char ret_prefix[NAME_SIZE])
{
    snprintf(ret_prefix, NAME_SIZE, "hufu-");
    if (!everybody)
        snprintf(ret_prefix, NAME_SIZE, "hufu-%lu-", (unsigned long)hufu_path_owner());
}

static bool want(struct wanted *wanted, struct hufu_bytes der)
{
    char sha256[HUFU_SHA256_SIZE];
    char prefix[NAME_SIZE];
    struct hufu_buf *pem = &wanted->items[wanted->count].pem;
    hufu_buf_init(pem, PEM_MAX);
    make_prefix(false, prefix);
    if (!hufu_authority_is_acceptable(der) || !hufu_sha256(der, sha256) ||
        !hufu_authority_add_pem(der, pem))
        return false;
    snprintf(wanted->items[wanted->count].name, NAME_SIZE, "%.20s%.16s.crt", prefix, sha256);
    wanted->count++;
    return true;
}

static bool ask_owner(enum hufu_leaf_form form, struct wanted *ret_wanted)
{
    struct hufu_owner_authorities found;
    if (!hufu_owner_authorities(form, &found))
        return false;
    for (size_t i = 0; i < found.count; i++)
        if (!want(ret_wanted, hufu_bytes_of(found.items[i].der, found.items[i].len)))
            return false;
    ret_wanted->ports = found.ports;
    return true;
}

/* --- what is there --- */

static bool is_wanted(const struct wanted *wanted, const char *name)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (strcmp(wanted->items[i].name, name) == 0)
            return true;
    return false;
}

/* Whether programs see all of them, and will after the next update too. */
static bool is_in_place(const struct system *system, const struct wanted *wanted)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bundle = {.max = BUNDLE_MAX};
    if (wanted->count == 0 || hufu_file_read(system->bundle, &bundle))
        return false;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct hufu_buf *pem = &wanted->items[i].pem;
        char path[PATH_MAX];
        if (!hufu_path_join(path, system->folder, wanted->items[i].name) || access(path, R_OK) ||
            !memmem(bundle.data, bundle.len, pem->data, pem->len))
            return false;
    }
    return true;
}

/* Takes out what is ours and not wanted; says whether there was such a thing. */
static bool clear(const char *folder, const struct wanted *wanted, bool everybody, bool dry_run)
{
    char prefix[NAME_SIZE];
    bool found = false;
    make_prefix(everybody, prefix);
    HUFU_AUTO(closedir_auto) DIR *list = opendir(folder);
    for (const struct dirent *entry; list && (entry = readdir(list));) {
        const char *ending = strrchr(entry->d_name, '.');
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !ending ||
            strcmp(ending, ".crt") != 0 || is_wanted(wanted, entry->d_name))
            continue;
        found = true;
        if (!dry_run)
            unlinkat(dirfd(list), entry->d_name, 0);
    }
    return found;
}

static int write_all(const char *folder, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        char path[PATH_MAX];
        if (!hufu_path_join(path, folder, wanted->items[i].name))
            return ENAMETOOLONG;
        int problem = hufu_file_write(path, 0644, hufu_buf_bytes(&wanted->items[i].pem));
        if (problem)
            return problem;
    }
    return 0;
}

/* Nothing of what root or sudo has in its environment reaches the scripts. */
static bool update(const struct system *system, bool removed)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
                                              NULL};
    const char *argument = removed ? system->removing : system->adding;
    const char *const arguments[] = {system->program, argument, NULL};
    const struct hufu_program program = {.arguments = arguments, .environment = environment};
    umask(022);
    alarm(0); /* the time of a browser's store is not enough */
    return hufu_program_run(&program, UPDATE_MS, NULL) == 0;
}

/* --- actions --- */

/* As OpenSSL and with nothing but the bundle, which is what most programs do. */
static enum hufu_trust_handshake prove(const struct system *system, const struct hufu_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        struct hufu_probe probe;
        if (hufu_probe(ports->items[i], system->bundle, &probe, NULL) == HUFU_OK && probe.answered)
            return probe.trusted ? HUFU_TRUST_PASSED : HUFU_TRUST_FAILED;
    }
    return HUFU_TRUST_UNTRIED;
}

static void look(const struct hufu_store_order *order, const char *path,
                 struct hufu_trust_answer *ret_answer)
{
    const struct system *system = this_system();
    HUFU_AUTO(wanted_done) struct wanted wanted = {0};
    (void)order;
    (void)path;
    if (!system || !ask_owner(HUFU_LEAF_AS_IT_IS, &wanted)) {
        refuse(ret_answer, HUFU_TRUST_NO_AUTHORITY, "");
        return;
    }
    ret_answer->state = is_in_place(system, &wanted) ? HUFU_TRUST_TRUSTED : HUFU_TRUST_ABSENT;
    if (ret_answer->state == HUFU_TRUST_TRUSTED)
        ret_answer->handshake = prove(system, &wanted.ports);
}

static void install(const struct hufu_store_order *order, const char *path,
                    struct hufu_trust_answer *ret_answer)
{
    const struct system *system = this_system();
    HUFU_AUTO(wanted_done) struct wanted wanted = {0};
    enum hufu_leaf_form form = order->dry_run ? HUFU_LEAF_AS_IT_IS : HUFU_LEAF_WITH_AUTHORITY;
    if (!system || !ask_owner(form, &wanted)) {
        refuse(ret_answer, HUFU_TRUST_NO_AUTHORITY, "");
        return;
    }
    bool removed = clear(path, &wanted, false, order->dry_run);
    bool changed = removed || !is_in_place(system, &wanted);
    ret_answer->state = changed ? HUFU_TRUST_ADDED : HUFU_TRUST_TRUSTED;
    if (!changed || order->dry_run)
        return;
    int problem = write_all(path, &wanted);
    if (problem)
        refuse(ret_answer, HUFU_TRUST_UNCHANGED, strerrorname_np(problem));
    else if (!update(system, removed) || !is_in_place(system, &wanted))
        refuse(ret_answer, HUFU_TRUST_UNCHANGED, system->program);
}

/* The certificates go even if the user, or the home, is gone. */
static void take_back(const struct hufu_store_order *order, const char *path,
                      struct hufu_trust_answer *ret_answer)
{
    const struct system *system = this_system();
    HUFU_AUTO(wanted_done) struct wanted ignored = {0};
    const struct wanted none = {0};
    if (!order->dry_run)
        (void)ask_owner(HUFU_LEAF_ALONE, &ignored);
    bool found = clear(path, &none, hufu_path_owner() == 0, order->dry_run);
    ret_answer->state = found ? HUFU_TRUST_REMOVED : HUFU_TRUST_ABSENT;
    if (found && !order->dry_run && (!system || !update(system, true)))
        refuse(ret_answer, HUFU_TRUST_UNCHANGED, system ? system->program : "");
}

static const struct hufu_store_actions actions = {
    .status = look, .install = install, .repair = install, .remove = take_back};

enum hufu_status hufu_system_find(struct hufu_stores *ret_stores, struct hufu_error *err)
{
    const struct system *system = this_system();
    struct hufu_store *store = calloc(1, sizeof *store);
    if (!store)
        return hufu_fail(err, HUFU_E_STORE, "out of memory");
    store->kind = "system";
    store->browser = "System"; /* for every program that has no store of its own */
    store->package = "";
    store->actions = &actions;
    snprintf(store->path, sizeof store->path, "%s", system ? system->folder : "/etc/ssl/certs");
    if (!system)
        refuse(&store->answer, HUFU_TRUST_NO_SYSTEM, "");
    else if (geteuid() != 0)
        refuse(&store->answer, HUFU_TRUST_NOT_ROOT, "");
    *ret_stores = (struct hufu_stores){.items = store, .count = 1};
    return HUFU_OK;
}
