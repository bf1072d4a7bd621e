#include "trust/watch_linux.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "trust/changes_linux.h"
#include "trust/places.h"
#include "trust/trust.h"
#include "trust/watch_run.h"
#include "wire/settings.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    QUIET_MS = 300,         /* a browser that makes a profile writes for some tenths of a second */
    GATHER_MS = 2000,       /* after the first event: everything wanted within five seconds */
    RUNS_MAX = 20,          /* in a period: ten new profiles, each run and seen to have worked */
    RUNS_PERIOD_MS = 60000, /* who undoes what we do, or what we undo ourselves, is no circle */
    UNLOCKED_MAX = 3,       /* runs for files that were closed and are as they were */
    BLIND_MS = 300000,      /* between looks where inotify has no more watches to give */
    RETRY_S = 600,          /* after a run that failed, or left a date in the past behind */
    BACKGROUND = 10,        /* nice: pages come first */
};

struct watch {
    struct hufu_changes changes;
    struct hufu_watch_result result; /* of the last run */
    uint64_t judged;                 /* the state that the last run began with */
    bool has_run;
    bool had_leaf; /* so one that is missing was taken back */
    bool wanted;   /* whatever the state is */
    bool kept;     /* hufu.ini wants it */
    bool mail;     /* for Thunderbird too */
    bool blind;    /* said so */
    unsigned unlocked;
    int timer;
    time_t due;
    time_t ran;
    unsigned runs;
    int64_t period_ms;
};

/* --- what is watched --- */

static void add(struct watch *watch, bool (*folder_of)(char ret_path[PATH_MAX]), const char *name)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (folder_of(folder) && hufu_path_join(path, folder, name))
        hufu_changes_add(&watch->changes, path);
}

static bool system_folder(char ret_path[PATH_MAX])
{
    return snprintf(ret_path, PATH_MAX, "%s", hufu_path_system()) < PATH_MAX;
}

static void add_place(void *context, const char *path)
{
    struct watch *watch = context;
    hufu_changes_add(&watch->changes, path);
}

static void add_stores(struct watch *watch)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = {0};
    if (hufu_stores_find(&stores, NULL) != HUFU_OK)
        return;
    for (size_t i = 0; i < stores.count; i++)
        if (hufu_path_join(path, stores.items[i].path, "cert9.db"))
            hufu_changes_add(&watch->changes, path);
}

static void add_leaf(struct watch *watch)
{
    static const char *const names[] = {"tls/leaf.pem", "tls/leaf.key", "tls/next.pem",
                                        "tls/next.key"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add(watch, hufu_path_data, names[i]);
}

/* What is broken in hufu.ini is hufud's to say. */
static void read_settings(struct watch *watch)
{
    struct hufu_settings settings;
    (void)hufu_settings_read(&settings, NULL);
    hufu_log_debugging(settings.debug);
    watch->kept = settings.keep_trust;
    watch->mail = settings.thunderbird;
}

/* First the watches, then the look at what they watch: a change in between is an event. */
static void look(struct watch *watch)
{
    hufu_changes_done(&watch->changes);
    hufu_changes_begin(&watch->changes);
    add_leaf(watch);
    add(watch, hufu_path_config, "hufu.ini");
    add(watch, system_folder, "hufu.ini");
    read_settings(watch);
    (void)hufu_places_each(watch->mail, add_place, watch, NULL); /* without a HOME, none */
    add_stores(watch);
    if (watch->changes.incomplete && !watch->blind)
        hufu_log("trust: the system has no more inotify watches; looking every %d s instead",
                 BLIND_MS / 1000);
    watch->blind = watch->changes.incomplete;
}

/* --- when something is to be done --- */

static bool has_leaf(void)
{
    struct hufu_leaf_paths paths;
    return hufu_leaf_paths(&paths, NULL) == HUFU_OK && access(paths.certificate, F_OK) == 0;
}

static bool is_wanted(const struct watch *watch)
{
    if ((watch->had_leaf && !has_leaf()) || (watch->has_run && !watch->kept))
        return false;
    return !watch->has_run || watch->wanted || watch->changes.state != watch->judged;
}

/* The kernel wakes us when the date has come, and when the clock was set; after sleep as well. */
static void set_timer(struct watch *watch)
{
    const struct itimerspec at = {.it_value.tv_sec = watch->due};
    (void)timerfd_settime(watch->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

/* A clock that was set back may have made a certificate that is not valid yet. The next run sets
 * the timer again. */
static void read_timer(struct watch *watch)
{
    uint64_t count = 0;
    if (read(watch->timer, &count, sizeof count) < 0 && errno != ECANCELED)
        return;
    time_t now = time(NULL);
    watch->wanted = now >= watch->due || now < watch->ran;
    if (!watch->wanted)
        set_timer(watch);
}

/* A store that was refused because somebody held it may be free when they close it. */
static bool read_changes(struct watch *watch)
{
    enum hufu_change change = hufu_changes_read(&watch->changes);
    if (change == HUFU_CHANGES_SEEN)
        watch->unlocked = 0;
    if (change != HUFU_CHANGES_CLOSED)
        return change == HUFU_CHANGES_SEEN;
    if (!watch->result.refused || watch->unlocked >= UNLOCKED_MAX)
        return false;
    watch->unlocked++;
    watch->wanted = true;
    return true;
}

/* Returns when there is something to look at, or after `ms` (-1: never); false when hufud is gone.
 */
static bool wait_for(struct watch *watch, bool for_changes, int64_t ms)
{
    int64_t end = ms < 0 ? INT64_MAX : hufu_clock_ms() + ms;
    struct pollfd polled[] = {
        {.fd = STDOUT_FILENO},
        {.fd = for_changes ? watch->changes.fd : -1, .events = POLLIN},
        {.fd = for_changes ? watch->timer : -1, .events = POLLIN},
    };
    int64_t latest = INT64_MAX;
    for (int64_t now = hufu_clock_ms(); now < end; now = hufu_clock_ms()) {
        int count = poll(polled, sizeof polled / sizeof polled[0],
                         end == INT64_MAX ? -1 : (int)(end - now));
        if (count > 0 && polled[0].revents)
            return false;
        if (count > 0 && polled[2].revents)
            read_timer(watch);
        bool seen = for_changes &&
                    ((count > 0 && polled[1].revents && read_changes(watch)) || watch->wanted);
        now = hufu_clock_ms();
        if (seen && latest == INT64_MAX)
            latest = now + GATHER_MS;
        if (seen)
            end = now + QUIET_MS < latest ? now + QUIET_MS : latest;
    }
    return true;
}

static bool rest(struct watch *watch)
{
    watch->wanted = false; /* or it was, but not to be */
    return wait_for(watch, true, watch->blind ? BLIND_MS : -1);
}

static bool wait_for_budget(struct watch *watch)
{
    int64_t now = hufu_clock_ms();
    if (now - watch->period_ms >= RUNS_PERIOD_MS) {
        watch->period_ms = now;
        watch->runs = 0;
    }
    if (watch->runs++ < RUNS_MAX)
        return true;
    hufu_log("trust: the stores change too often; looking again in a minute");
    return wait_for(watch, false, watch->period_ms + RUNS_PERIOD_MS - now);
}

/* --- what is done --- */

static bool say(const char *line)
{
    return dprintf(STDOUT_FILENO, "%s\n", line) > 0;
}

static bool run(struct watch *watch)
{
    const struct hufu_watch_result before = watch->result;
    struct hufu_watch_result *result = &watch->result;
    watch->judged = watch->changes.state;
    watch->wanted = false;
    watch->ran = time(NULL);
    hufu_watch_run(&before, watch->had_leaf, result);
    watch->due = result->due > watch->ran ? result->due : watch->ran + RETRY_S;
    set_timer(watch);
    bool is_first = !watch->has_run;
    watch->has_run = true;
    watch->had_leaf = watch->had_leaf || result->leaves[0];
    if (!result->leaves[0])
        return !is_first || say(HUFU_WATCH_NONE);
    return strcmp(before.leaves, result->leaves) == 0 || say(HUFU_WATCH_LEAF);
}

void hufu_trust_watch(bool again)
{
    struct watch watch = {.changes.fd = -1, .had_leaf = again};
    signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_NAME, "hufu-watch");
    (void)setpriority(PRIO_PROCESS, 0, BACKGROUND);
    watch.timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    for (bool going = true; going;) {
        look(&watch);
        going = is_wanted(&watch) ? wait_for_budget(&watch) && run(&watch) : rest(&watch);
    }
    hufu_changes_done(&watch.changes);
    if (watch.timer >= 0)
        close(watch.timer);
}
