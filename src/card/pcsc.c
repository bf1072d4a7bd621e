#include "card/pcsc.h"

#include "base/cleanup.h"
#include "card/pcsc_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winscard.h>

/* Where libpcsclite announces readers that come; those that go are told by their own names. */
static const char newcomers[] = "\\\\?PnP?\\Notification";

/* A reader that goes between the list of names and the question after it; then again. */
enum { LIST_TRIES = 5 };

struct hufu_pcsc {
    int deadline_ms;
    bool connected;
    SCARDCONTEXT context;
    enum hufu_pcsc_service service; /* of the latest look */
    size_t count;
    SCARD_READERSTATE states[HUFU_PCSC_READERS_MAX + 1]; /* as the latest look found them */
    char names[HUFU_PCSC_READERS_MAX * HUFU_PCSC_NAME_SIZE + 1];
};

_Static_assert(HUFU_PCSC_NAME_SIZE > MAX_READERNAME && HUFU_PCSC_ATR_MAX == MAX_ATR_SIZE &&
                   HUFU_PCSC_READERS_MAX < PCSCLITE_MAX_READERS_CONTEXTS,
               "the sizes of libpcsclite");

static const struct {
    const char *name;
    enum hufu_status status;
} services[HUFU_PCSC_SERVICE_COUNT] = {
    [HUFU_PCSC_RUNNING] = {"running", HUFU_OK},
    [HUFU_PCSC_MISSING] = {"missing", HUFU_E_PCSC_MISSING},
    [HUFU_PCSC_ABSENT] = {"absent", HUFU_E_PCSC_ABSENT},
    [HUFU_PCSC_REFUSED] = {"refused", HUFU_E_PCSC_REFUSED},
    [HUFU_PCSC_VERSION] = {"version", HUFU_E_PCSC_VERSION},
    [HUFU_PCSC_SILENT] = {"silent", HUFU_E_PCSC},
    [HUFU_PCSC_OTHER] = {"other", HUFU_E_PCSC},
};

const char *hufu_pcsc_service_name(enum hufu_pcsc_service service)
{
    return services[service].name;
}

enum hufu_status hufu_pcsc_service_status(enum hufu_pcsc_service service)
{
    return services[service].status;
}

struct hufu_pcsc *hufu_pcsc_new(int deadline_ms)
{
    struct hufu_pcsc *pcsc = calloc(1, sizeof *pcsc);
    if (pcsc)
        pcsc->deadline_ms = deadline_ms;
    return pcsc;
}

static void disconnect(struct hufu_pcsc *pcsc)
{
    if (pcsc->connected)
        (void)SCardReleaseContext(pcsc->context);
    pcsc->connected = false;
    pcsc->count = 0;
}

void hufu_pcsc_free(struct hufu_pcsc *pcsc)
{
    if (pcsc)
        disconnect(pcsc);
    free(pcsc);
}

/* --- the service --- */

static bool is_installed(void)
{
    static const char *const paths[] = {"/usr/sbin/pcscd", "/usr/local/sbin/pcscd", "/sbin/pcscd"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (access(paths[i], X_OK) == 0)
            return true;
    return false;
}

static bool is_nobody(int problem)
{
    return problem == ENOENT || problem == ENOTDIR || problem == ECONNREFUSED;
}

static enum hufu_pcsc_service service_of_errno(int problem)
{
    if (problem == 0)
        return HUFU_PCSC_RUNNING;
    if (is_nobody(problem))
        return is_installed() ? HUFU_PCSC_ABSENT : HUFU_PCSC_MISSING;
    return problem == EACCES || problem == EPERM ? HUFU_PCSC_REFUSED : HUFU_PCSC_OTHER;
}

static enum hufu_pcsc_service service_of_code(LONG code)
{
    static const struct {
        LONG code;
        enum hufu_pcsc_service service;
    } rows[] = {
        {SCARD_S_SUCCESS, HUFU_PCSC_RUNNING},
        {SCARD_E_NO_READERS_AVAILABLE, HUFU_PCSC_RUNNING},
        {SCARD_W_SECURITY_VIOLATION, HUFU_PCSC_REFUSED},
        {SCARD_E_NO_SERVICE, HUFU_PCSC_REFUSED}, /* hung up: what pcscd before 1.9.6 does then */
        {SCARD_F_COMM_ERROR, HUFU_PCSC_REFUSED},
        {SCARD_E_SERVICE_STOPPED, HUFU_PCSC_VERSION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return rows[i].service;
    return HUFU_PCSC_OTHER;
}

static LONG establish(SCARDCONTEXT *ret_context)
{
    return SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, ret_context);
}

/* pcscd answers the second question only when it has looked at its readers. */
static LONG ask(void)
{
    SCARDCONTEXT context;
    DWORD len = 0;
    LONG code = establish(&context);
    return code == SCARD_S_SUCCESS ? SCardListReaders(context, NULL, NULL, &len) : code;
}

static void ask_as_child(int out)
{
    LONG code = ask();
    _exit(write(out, &code, sizeof code) == sizeof code ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* libpcsclite waits for an answer for ever, so a child asks first. */
static enum hufu_pcsc_service ask_in_time(int deadline_ms, LONG *ret_code)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return HUFU_PCSC_OTHER;
    HUFU_AUTO(hufu_close) int in = ends[0];
    HUFU_AUTO(hufu_close) int out = ends[1];
    pid_t pid = fork();
    if (pid < 0)
        return HUFU_PCSC_OTHER;
    if (pid == 0)
        ask_as_child(out);
    hufu_close(&out);
    out = -1;
    LONG code = SCARD_F_UNKNOWN_ERROR;
    struct pollfd polled = {.fd = in, .events = POLLIN};
    bool in_time = poll(&polled, 1, deadline_ms) > 0;
    bool answered = in_time && read(in, &code, sizeof code) == sizeof code;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    *ret_code = code;
    return answered ? service_of_code(code) : in_time ? HUFU_PCSC_OTHER : HUFU_PCSC_SILENT;
}

static enum hufu_pcsc_service connect_anew(struct hufu_pcsc *pcsc, LONG *ret_code)
{
    enum hufu_pcsc_service service = service_of_errno(hufu_pcsc_socket_try());
    if (service == HUFU_PCSC_RUNNING && pcsc->deadline_ms > 0)
        service = ask_in_time(pcsc->deadline_ms, ret_code);
    if (service == HUFU_PCSC_RUNNING) {
        *ret_code = establish(&pcsc->context);
        service = service_of_code(*ret_code);
        pcsc->connected = service == HUFU_PCSC_RUNNING;
    }
    return service;
}

/* --- readers --- */

static LONG list_names(struct hufu_pcsc *pcsc)
{
    DWORD len = sizeof pcsc->names;
    pcsc->count = 0;
    memset(pcsc->states, 0, sizeof pcsc->states);
    LONG code = SCardListReaders(pcsc->context, NULL, pcsc->names, &len);
    if (code != SCARD_S_SUCCESS)
        return code == SCARD_E_NO_READERS_AVAILABLE ? SCARD_S_SUCCESS : code;
    for (const char *name = pcsc->names; *name && pcsc->count < HUFU_PCSC_READERS_MAX;
         name += strlen(name) + 1)
        pcsc->states[pcsc->count++].szReader = name;
    return SCARD_S_SUCCESS;
}

/* With SCARD_STATE_UNAWARE as what is known, each reader answers at once. */
static LONG list(struct hufu_pcsc *pcsc)
{
    LONG code = SCARD_E_UNKNOWN_READER;
    for (int i = 0; code == SCARD_E_UNKNOWN_READER && i < LIST_TRIES; i++) {
        code = list_names(pcsc);
        if (code == SCARD_S_SUCCESS && pcsc->count > 0)
            code = SCardGetStatusChange(pcsc->context, 0, pcsc->states, pcsc->count);
    }
    for (size_t i = 0; i < pcsc->count; i++)
        pcsc->states[i].dwCurrentState = pcsc->states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    pcsc->states[pcsc->count].szReader = newcomers;
    return code;
}

static void copy_name(char *ret_name, const char *name)
{
    size_t len = strnlen(name, HUFU_PCSC_NAME_SIZE - 1);
    memcpy(ret_name, name, len);
    ret_name[len] = 0;
    for (char *at = ret_name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
}

static void fill(const SCARD_READERSTATE *from, struct hufu_pcsc_reader *ret_reader)
{
    DWORD state = from->dwEventState;
    *ret_reader = (struct hufu_pcsc_reader){
        .unavailable = state & (SCARD_STATE_UNAVAILABLE | SCARD_STATE_UNKNOWN),
        .card_present = state & SCARD_STATE_PRESENT,
        .mute = state & SCARD_STATE_MUTE,
        .exclusive = state & SCARD_STATE_EXCLUSIVE,
    };
    copy_name(ret_reader->name, from->szReader);
    if (ret_reader->card_present && from->cbAtr <= sizeof ret_reader->atr) {
        ret_reader->atr_len = from->cbAtr;
        memcpy(ret_reader->atr, from->rgbAtr, from->cbAtr);
    }
}

static void fill_all(const struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state)
{
    bool exclusive = false;
    ret_state->count = pcsc->count;
    for (size_t i = 0; i < pcsc->count; i++) {
        fill(&pcsc->states[i], &ret_state->readers[i]);
        exclusive = exclusive || ret_state->readers[i].exclusive;
    }
    if (exclusive)
        (void)hufu_pcsc_taker(&ret_state->taker);
}

static void look_anew(struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state)
{
    LONG code = SCARD_S_SUCCESS;
    ret_state->service = connect_anew(pcsc, &code);
    if (pcsc->connected && (code = list(pcsc)) != SCARD_S_SUCCESS) {
        disconnect(pcsc);
        ret_state->service = HUFU_PCSC_OTHER;
    }
    /* One that ends in the middle of this neither refuses nor fails. */
    int problem = pcsc->connected ? 0 : hufu_pcsc_socket_try();
    if (is_nobody(problem))
        ret_state->service = service_of_errno(problem);
    ret_state->code = code;
}

/* A connection from before may be to a pcscd that has ended since. */
void hufu_pcsc_look(struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state)
{
    *ret_state = (struct hufu_pcsc_state){.service = HUFU_PCSC_RUNNING};
    if (pcsc->connected && list(pcsc) != SCARD_S_SUCCESS)
        disconnect(pcsc);
    if (!pcsc->connected)
        look_anew(pcsc, ret_state);
    pcsc->service = ret_state->service;
    fill_all(pcsc, ret_state);
}

void hufu_pcsc_wait(struct hufu_pcsc *pcsc)
{
    if (pcsc->connected)
        (void)SCardGetStatusChange(pcsc->context, INFINITE, pcsc->states, pcsc->count + 1);
    else if (pcsc->service == HUFU_PCSC_ABSENT || pcsc->service == HUFU_PCSC_MISSING)
        hufu_pcsc_socket_wait();
    else
        hufu_pcsc_socket_watch(HUFU_PCSC_AGAIN_MS);
}

static bool reader_equal(const struct hufu_pcsc_reader *one, const struct hufu_pcsc_reader *other)
{
    return strcmp(one->name, other->name) == 0 && one->unavailable == other->unavailable &&
           one->card_present == other->card_present && one->mute == other->mute &&
           one->exclusive == other->exclusive && one->atr_len == other->atr_len &&
           memcmp(one->atr, other->atr, one->atr_len) == 0;
}

bool hufu_pcsc_state_equal(const struct hufu_pcsc_state *one, const struct hufu_pcsc_state *other)
{
    bool equal = one->service == other->service && one->count == other->count &&
                 one->taker.pid == other->taker.pid;
    for (size_t i = 0; equal && i < one->count; i++)
        equal = reader_equal(&one->readers[i], &other->readers[i]);
    return equal;
}

/* --- programs --- */

static bool look_for_taker(void *context, pid_t pid)
{
    static const char *const names[] = {"scdaemon"};
    struct hufu_process process;
    struct hufu_process *found = context;
    for (size_t i = 0; hufu_process_look(pid, &process) && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(process.name, names[i]) == 0)
            *found = process;
    return found->pid == 0;
}

bool hufu_pcsc_taker(struct hufu_process *ret_process)
{
    struct hufu_process found = {.pid = 0};
    hufu_process_each(look_for_taker, &found);
    *ret_process = found;
    return found.pid != 0;
}
