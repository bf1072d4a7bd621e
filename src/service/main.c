/* hufud: the only process that listens. It decodes, checks and passes on; it never loads a PKCS#11
 * module and never parses what comes from a card. */
#include "base/confine.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/peer.h"
#include "base/systemd.h"
#include "base/wipe.h"
#include "service/service.h"
#include "service/takeover.h"
#include "service/tls.h"

#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each connection holds one descriptor, each worker one, each port two. */
enum { DESCRIPTORS_MAX = 1024 };

enum { EXIT_USAGE = 2 };

/* Some months of a quiet computer; what is older is in a second file. */
enum { LOG_BYTES_MAX = 1024 * 1024, FOLDER_MODE = 0700 };

static void limit_process(void)
{
    const struct rlimit descriptors = {.rlim_cur = DESCRIPTORS_MAX, .rlim_max = DESCRIPTORS_MAX};
    umask(077);
    closefrom(HUFU_SYSTEMD_FIRST_FD + hufu_systemd_begin());
    hufu_systemd_connect();
    (void)hufu_environment_clean();
    hufu_confine_memory();
    (void)setrlimit(RLIMIT_NOFILE, &descriptors); /* a lower limit of the user's stays */
}

/* Requests pass through both; a PIN may be in them. */
static void wipe_libraries(void)
{
    event_set_mem_functions(malloc, hufu_wipe_realloc, hufu_wipe_free);
    if (!hufu_tls_wipe_memory())
        hufu_log("OpenSSL's memory will not be wiped");
}

/* Without it, the log goes where it went. */
static void log_into_file(void)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!hufu_path_state(folder) || !hufu_path_join(path, folder, "hufud.log"))
        return;
    int problem = hufu_folder_make(folder, FOLDER_MODE);
    problem = problem ? problem : hufu_log_into(path, LOG_BYTES_MAX);
    if (problem)
        hufu_log("%s: %s", path, strerror(problem));
}

static void usage(FILE *to)
{
    fputs("Usage: hufud [--log] [--data FOLDER] [--allow-root]\n"
          "       hufud --help | --version\n",
          to);
}

static int serve(const char *data_folder, bool log)
{
    int64_t watchdog_us = hufu_systemd_watchdog_us();
    limit_process();
    if (log)
        log_into_file();
    if (!hufu_systemd_is_activated() && hufu_takeover_is_needless()) {
        hufu_systemd_notify("READY=1"); /* an end without it would be taken for a failure */
        return EXIT_SUCCESS;
    }
    wipe_libraries();
    return hufu_service_run(data_folder, watchdog_us);
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"data", required_argument, NULL, 'd'}, {"log", no_argument, NULL, 'l'},
        {"allow-root", no_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},    {NULL, 0, NULL, 0},
    };
    const char *data_folder = HUFU_DATADIR;
    bool allow_root = false;
    bool log = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'd':
            data_folder = optarg;
            break;
        case 'l':
            log = true;
            break;
        case 'r':
            allow_root = true;
            break;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("hufud " HUFU_VERSION);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    hufu_log_init("hufud");
    if (optind != argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (geteuid() == 0 && !allow_root) {
        hufu_log("refusing to run as root: each user runs their own hufud (see --allow-root)");
        return EXIT_FAILURE;
    }
    return serve(data_folder, log);
}
