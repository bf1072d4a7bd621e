#include "wire/running.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char process_file[] = "process";
static const char ports_file[] = "ports";
static const char refusals_file[] = "refusals";
static const char tls_file[] = "tls";
static const char turned_away_file[] = "turned-away";

enum {
    FILE_MAX = 4096, /* a line has at most 6 bytes of ports, 128 of refusals, 32 of a process */
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
};

bool hufu_running_is_of_hufud(const char *name)
{
    return strcmp(name, ports_file) == 0 || strcmp(name, refusals_file) == 0;
}

static bool find(const char *name, char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_state(folder) && hufu_path_join(ret_path, folder, name);
}

/* Calls `take` with each whole line. */
static void read_lines(const char *name, bool (*take)(void *context, const char *line),
                       void *context)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    if (!find(name, path) || hufu_file_read(path, &text))
        return;
    char *line = (char *)text.data;
    for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (!take(context, line))
            return;
    }
}

static int write_lines(const char *name, const struct hufu_buf *text)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (text->failed)
        return ENOMEM;
    if (!hufu_path_state(folder) || !find(name, path))
        return ENAMETOOLONG;
    int problem = hufu_folder_make(folder, FOLDER_MODE);
    return problem ? problem : hufu_file_write(path, FILE_MODE, hufu_buf_bytes(text));
}

/* Digits up to `end`, which follows them. */
static bool read_number(const char **at, char end, uint64_t max, uint64_t *ret_number)
{
    char *after = NULL;
    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    uint64_t number = strtoull(*at, &after, 10);
    if (errno || *after != end || number > max)
        return false;
    *at = after + 1;
    *ret_number = number;
    return true;
}

/* --- the process --- */

static bool take_process(void *context, const char *line)
{
    struct hufu_process *process = context;
    uint64_t pid = 0;
    uint64_t started = 0;
    if (read_number(&line, ' ', INT_MAX, &pid) && pid &&
        read_number(&line, 0, UINT64_MAX, &started))
        *process = (struct hufu_process){.pid = (pid_t)pid, .started = started};
    return false;
}

static bool is_hufud(const struct hufu_process *process, uint64_t started)
{
    return process->started == started && strcmp(process->name, "hufud") == 0 &&
           hufu_process_is_ours(process->pid);
}

bool hufu_running_read(struct hufu_process *ret_process)
{
    struct hufu_process written = {.pid = 0};
    struct hufu_process process;
    read_lines(process_file, take_process, &written);
    if (!written.pid || !hufu_process_look(written.pid, &process) ||
        !is_hufud(&process, written.started))
        return false;
    *ret_process = process;
    return true;
}

int hufu_running_write(void)
{
    struct hufu_process own;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    if (!hufu_process_look(getpid(), &own))
        return ESRCH;
    hufu_buf_printf(&text, "%d %" PRIu64 "\n", own.pid, own.started);
    return write_lines(process_file, &text);
}

void hufu_running_remove(void)
{
    struct hufu_process written = {.pid = 0};
    char path[PATH_MAX];
    read_lines(process_file, take_process, &written);
    if (written.pid != getpid() || !find(process_file, path))
        return;
    hufu_ports_remove();
    (void)unlink(path);
}

/* --- ports --- */

static bool take_port(void *context, const char *line)
{
    struct hufu_ports *ports = context;
    uint64_t port = 0;
    if (read_number(&line, 0, UINT16_MAX, &port) && port)
        ports->items[ports->count++] = (uint16_t)port;
    return ports->count < HUFU_PORTS_MAX;
}

void hufu_ports_read(struct hufu_ports *ret_ports)
{
    ret_ports->count = 0;
    read_lines(ports_file, take_port, ret_ports);
}

int hufu_ports_write(const struct hufu_ports *ports)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    for (size_t i = 0; i < ports->count; i++)
        hufu_buf_printf(&text, "%u\n", (unsigned)ports->items[i]);
    return write_lines(ports_file, &text);
}

void hufu_ports_remove(void)
{
    char path[PATH_MAX];
    if (find(ports_file, path))
        (void)unlink(path);
}

/* --- refusals --- */

static bool take_refusal(void *context, const char *line)
{
    struct hufu_refusals *refusals = context;
    struct hufu_refusal refusal;
    uint64_t pid = 0;
    if (read_number(&line, ' ', INT_MAX, &pid) && pid &&
        read_number(&line, ' ', UINT64_MAX, &refusal.started) &&
        strlen(line) == sizeof refusal.sha256 - 1 &&
        strspn(line, "0123456789abcdef") == sizeof refusal.sha256 - 1) {
        refusal.pid = (pid_t)pid;
        memcpy(refusal.sha256, line, sizeof refusal.sha256);
        (void)hufu_refusals_add(refusals, &refusal);
    }
    return true;
}

void hufu_refusals_read(struct hufu_refusals *ret_refusals)
{
    ret_refusals->count = 0;
    read_lines(refusals_file, take_refusal, ret_refusals);
}

int hufu_refusals_write(const struct hufu_refusals *refusals)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    for (size_t i = 0; i < refusals->count; i++)
        hufu_buf_printf(&text, "%d %" PRIu64 " %s\n", refusals->items[i].pid,
                        refusals->items[i].started, refusals->items[i].sha256);
    return write_lines(refusals_file, &text);
}

static bool is_process(const struct hufu_refusal *refusal, pid_t pid, uint64_t started)
{
    return refusal->pid == pid && refusal->started == started;
}

static void remove_at(struct hufu_refusals *refusals, size_t at)
{
    memmove(&refusals->items[at], &refusals->items[at + 1],
            (refusals->count - at - 1) * sizeof refusals->items[0]);
    refusals->count--;
}

bool hufu_refusals_add(struct hufu_refusals *refusals, const struct hufu_refusal *refusal)
{
    for (size_t i = 0; i < refusals->count; i++)
        if (is_process(&refusals->items[i], refusal->pid, refusal->started) &&
            strcmp(refusals->items[i].sha256, refusal->sha256) == 0)
            return false;
    if (refusals->count == HUFU_REFUSED_MAX)
        remove_at(refusals, 0);
    refusals->items[refusals->count++] = *refusal;
    return true;
}

bool hufu_refusals_drop(struct hufu_refusals *refusals, pid_t pid, uint64_t started)
{
    size_t before = refusals->count;
    for (size_t i = refusals->count; i-- > 0;)
        if (is_process(&refusals->items[i], pid, started))
            remove_at(refusals, i);
    return refusals->count != before;
}

/* --- handshakes that failed --- */

/* "TIME CODE PID STARTED PROGRAM" */
static bool take_note(void *context, const char *line)
{
    struct hufu_tls_notes *notes = context;
    struct hufu_tls_note *note = &notes->items[notes->count];
    uint64_t when = 0;
    uint64_t code = 0;
    uint64_t pid = 0;
    if (!read_number(&line, ' ', INT64_MAX, &when) || !read_number(&line, ' ', INT_MAX, &code) ||
        !read_number(&line, ' ', INT_MAX, &pid) ||
        !read_number(&line, ' ', UINT64_MAX, &note->started) ||
        strlen(line) >= sizeof note->program)
        return true;
    note->when = (time_t)when;
    note->code = (int)code;
    note->pid = (pid_t)pid;
    memcpy(note->program, line, strlen(line) + 1);
    for (char *at = note->program; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
    return ++notes->count < HUFU_TLS_NOTES_MAX;
}

void hufu_tls_notes_read(struct hufu_tls_notes *ret_notes)
{
    *ret_notes = (struct hufu_tls_notes){0};
    read_lines(tls_file, take_note, ret_notes);
}

static struct hufu_tls_note *place_for(struct hufu_tls_notes *notes, int code)
{
    size_t oldest = 0;
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->items[i].code == code)
            return &notes->items[i];
        if (notes->items[i].when < notes->items[oldest].when)
            oldest = i;
    }
    return &notes->items[notes->count < HUFU_TLS_NOTES_MAX ? notes->count++ : oldest];
}

int hufu_tls_notes_add(const struct hufu_tls_note *note)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    struct hufu_tls_notes notes;
    hufu_tls_notes_read(&notes);
    *place_for(&notes, note->code) = *note;
    for (size_t i = 0; i < notes.count; i++)
        hufu_buf_printf(&text, "%lld %d %d %" PRIu64 " %s\n", (long long)notes.items[i].when,
                        notes.items[i].code, notes.items[i].pid, notes.items[i].started,
                        notes.items[i].program);
    return write_lines(tls_file, &text);
}

/* --- websites --- */

static bool take_visit(void *context, const char *line)
{
    struct hufu_turned_away *visit = context;
    uint64_t when = 0;
    if (read_number(&line, ' ', INT64_MAX, &when) && strlen(line) <= HUFU_ORIGIN_MAX &&
        hufu_origin_valid(line)) {
        visit->when = (time_t)when;
        memcpy(visit->origin, line, strlen(line) + 1);
    }
    return false;
}

void hufu_turned_away_read(struct hufu_turned_away *ret_visit)
{
    *ret_visit = (struct hufu_turned_away){0};
    read_lines(turned_away_file, take_visit, ret_visit);
}

int hufu_turned_away_write(const struct hufu_turned_away *visit)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    hufu_buf_printf(&text, "%lld %s\n", (long long)visit->when, visit->origin);
    return write_lines(turned_away_file, &text);
}
