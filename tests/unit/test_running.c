#include "home.h"

#include "base/file.h"
#include "wire/alive.h"
#include "wire/running.h"

#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char state_folder[] = ".local/state/hufu";

static void write_file(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", state_folder, name);
    assert_int_equal(hufu_folder_make(home_path(state_folder), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(path), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static struct hufu_refusal refusal(pid_t pid, uint64_t started, char digit)
{
    struct hufu_refusal refusal = {.pid = pid, .started = started};
    memset(refusal.sha256, digit, sizeof refusal.sha256 - 1);
    return refusal;
}

static void tells_its_ports(void **state)
{
    struct hufu_ports ports = {.count = HUFU_PORTS_MAX};
    struct hufu_ports again;
    (void)state;
    hufu_ports_read(&again);
    assert_int_equal(again.count, 0);
    for (size_t i = 0; i < HUFU_PORTS_MAX; i++)
        ports.items[i] = (uint16_t)(UINT16_MAX - i);
    assert_int_equal(hufu_ports_write(&ports), 0);
    assert_int_equal(access(home_path(".local/state/hufu/ports"), F_OK), 0);
    assert_true(hufu_running_is_of_hufud("ports") && hufu_running_is_of_hufud("refusals"));
    assert_false(hufu_running_is_of_hufud("use.log") || hufu_running_is_of_hufud(""));
    hufu_ports_read(&again);
    assert_int_equal(again.count, HUFU_PORTS_MAX);
    assert_memory_equal(again.items, ports.items, sizeof ports.items);
    hufu_ports_remove();
    hufu_ports_read(&again);
    assert_int_equal(again.count, 0);
}

static void passes_by_what_is_no_port(void **state)
{
    struct hufu_ports ports;
    (void)state;
    write_file("ports", "0\n65536\n-1\n 80\n80 \n8x\n\n99999999999999999999999\n65535\n1\n8080");
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 2); /* the last line is not whole */
    assert_int_equal(ports.items[0], 65535);
    assert_int_equal(ports.items[1], 1);
}

static void takes_no_port_too_many(void **state)
{
    struct hufu_ports ports;
    char text[(HUFU_PORTS_MAX + 1) * 2 + 1];
    (void)state;
    for (size_t i = 0; i <= HUFU_PORTS_MAX; i++)
        snprintf(&text[2 * i], 3, "7\n");
    write_file("ports", text);
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, HUFU_PORTS_MAX);
}

static void reads_no_huge_file(void **state)
{
    struct hufu_ports ports;
    static char text[5000];
    (void)state;
    memset(text, '7', sizeof text - 1);
    text[1] = '\n';
    write_file("ports", text);
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 0);
}

static void tells_refusals(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    struct hufu_refusals again;
    (void)state;
    hufu_refusals_read(&again);
    assert_int_equal(again.count, 0);
    for (int i = 0; i < HUFU_REFUSED_MAX; i++) {
        struct hufu_refusal one = refusal(INT_MAX - i, UINT64_MAX - (uint64_t)i, 'a');
        assert_true(hufu_refusals_add(&refusals, &one));
        assert_false(hufu_refusals_add(&refusals, &one));
    }
    assert_int_equal(hufu_refusals_write(&refusals), 0);
    hufu_refusals_read(&again);
    assert_int_equal(again.count, HUFU_REFUSED_MAX);
    for (size_t i = 0; i < again.count; i++) {
        assert_int_equal(again.items[i].pid, refusals.items[i].pid);
        assert_true(again.items[i].started == refusals.items[i].started);
        assert_string_equal(again.items[i].sha256, refusals.items[i].sha256);
    }
}

static void forgets_the_oldest(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    (void)state;
    for (int i = 1; i <= HUFU_REFUSED_MAX + 1; i++) {
        struct hufu_refusal one = refusal(i, 1, '0');
        assert_true(hufu_refusals_add(&refusals, &one));
    }
    assert_int_equal(refusals.count, HUFU_REFUSED_MAX);
    assert_int_equal(refusals.items[0].pid, 2);
}

static void drops_all_of_a_process(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    const struct hufu_refusal some[] = {refusal(1, 1, 'a'), refusal(1, 1, 'b'), refusal(1, 2, 'a'),
                                        refusal(2, 1, 'a')};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_true(hufu_refusals_add(&refusals, &some[i]));
    assert_false(hufu_refusals_drop(&refusals, 3, 1));
    assert_true(hufu_refusals_drop(&refusals, 1, 1));
    assert_int_equal(refusals.count, 2);
    assert_true(refusals.items[0].started == 2);
    assert_int_equal(refusals.items[1].pid, 2);
}

#define HEX32 "0123456789abcdef0123456789abcdef"

static void passes_by_what_is_no_refusal(void **state)
{
    struct hufu_refusals refusals;
    (void)state;
    write_file("refusals", "7 9 " HEX32 HEX32 "\n"
                           "7 9\n0 9 " HEX32 HEX32 "\n-7 9 " HEX32 HEX32 "\n"
                           "8 9 " HEX32 HEX32 "0\n8 9 " HEX32 "\n8 9 " HEX32 HEX32 " x\n"
                           "8  9 " HEX32 HEX32 "\n2147483648 9 " HEX32 HEX32 "\n");
    hufu_refusals_read(&refusals);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(refusals.items[0].pid, 7);
}

/* --- which process --- */

/* A process that is called `name` and waits. */
static pid_t start_named(const char *name)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_NAME, name);
        (void)!write(ready[1], "", 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void write_process(const struct hufu_process *process, uint64_t started)
{
    char line[64];
    snprintf(line, sizeof line, "%d %llu\n", process->pid, (unsigned long long)started);
    write_file("process", line);
}

static void knows_a_hufud_by_all_that_it_wrote(void **state)
{
    (void)state;
    struct hufu_process process;
    struct hufu_process found;
    pid_t hufud = start_named("hufud");
    assert_true(hufu_process_look(hufud, &process));
    write_process(&process, process.started);
    assert_true(hufu_running_read(&found));
    assert_int_equal(found.pid, hufud);
    write_process(&process, process.started + 1);
    assert_false(hufu_running_read(&found));
    write_process(&process, process.started);
    assert_int_equal(kill(hufud, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)hufud, &info, WEXITED | WNOWAIT), 0);
    assert_false(hufu_running_read(&found)); /* it only waits for its parent */
    waitpid(hufud, NULL, 0);
    assert_false(hufu_running_read(&found));
}

static void believes_nobody_else(void **state)
{
    (void)state;
    struct hufu_process process;
    struct hufu_process found;
    static const char *const texts[] = {"", "\n", "1 1\n", "-1 1\n", "0 0\n", "x\n", "1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file("process", texts[i]);
        assert_false(hufu_running_read(&found));
    }
    pid_t other = start_named("hufu");
    assert_true(hufu_process_look(other, &process));
    write_process(&process, process.started);
    assert_false(hufu_running_read(&found));
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

static void takes_only_itself_away(void **state)
{
    (void)state;
    struct hufu_ports ports = {.count = 1, .items = {56421}};
    assert_int_equal(hufu_running_write(), 0);
    assert_int_equal(hufu_ports_write(&ports), 0);
    hufu_running_remove();
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 0);
    ports = (struct hufu_ports){.count = 1, .items = {56421}};
    assert_int_equal(hufu_ports_write(&ports), 0);
    write_file("process", "1 1\n");
    hufu_running_remove();
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 1);
}

/* --- the end of one that hangs --- */

static void ends_only_who_was_looked_at(void **state)
{
    (void)state;
    enum { GRACE_MS = 50 };
    struct hufu_process process;
    pid_t hung = start_named("hufud");
    assert_int_equal(kill(hung, SIGSTOP), 0);
    assert_true(hufu_process_look(hung, &process));
    struct hufu_process another = process;
    another.started++;
    assert_true(hufu_process_end(&another, GRACE_MS)); /* it is gone, as far as that goes */
    assert_int_equal(waitpid(hung, NULL, WNOHANG), 0);
    assert_false(hufu_process_ask_to_end(&another));
    assert_true(hufu_process_end(&process, GRACE_MS));
    assert_int_equal(waitpid(hung, NULL, 0), hung);
}

/* --- whether it answers --- */

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Whoever listens says this to each that comes. */
static bool answers_with(const char *text, size_t len)
{
    uint16_t port = 0;
    int fd = listen_somewhere(&port);
    pid_t child = fork();
    if (child == 0) {
        int accepted = accept(fd, NULL, NULL);
        char hello[256];
        (void)!read(accepted, hello, sizeof hello);
        (void)!write(accepted, text, len);
        pause();
        _exit(0);
    }
    bool answers = hufu_port_answers(port, 1000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(fd);
    return answers;
}

static void takes_tls_for_an_answer_and_nothing_else(void **state)
{
    (void)state;
    assert_true(answers_with("\x16\x03\x03", 3));
    assert_true(answers_with("\x15\x03\x03", 3));
    assert_false(answers_with("HTTP/1.1 400\r\n", 14));
    assert_false(answers_with("\x16", 1));
    assert_false(answers_with("", 0));
}

static void tells_silence_from_a_closed_port(void **state)
{
    (void)state;
    struct hufu_process process;
    struct hufu_ports ports = {.count = 1};
    pid_t hufud = start_named("hufud");
    int fd = listen_somewhere(&ports.items[0]);
    assert_true(hufu_process_look(hufud, &process));
    assert_int_equal(hufu_alive_find(&process), HUFU_ALIVE_NONE);
    assert_true(hufu_process_look(hufud, &process));
    write_process(&process, process.started);
    assert_int_equal(hufu_alive_find(&process), HUFU_ALIVE_STARTS);
    assert_int_equal(hufu_ports_write(&ports), 0);
    assert_int_equal(hufu_alive_find(&process), HUFU_ALIVE_SILENT);
    close(fd);
    assert_int_equal(hufu_alive_find(&process), HUFU_ALIVE_STARTS);
    kill(hufud, SIGKILL);
    waitpid(hufud, NULL, 0);
}

static void keeps_the_latest_note_of_each_code(void **state)
{
    struct hufu_tls_notes notes;
    struct hufu_tls_note note = {
        .when = 100, .code = 61008, .pid = 7, .started = 9, .program = "a b"};
    (void)state;
    assert_int_equal(hufu_tls_notes_add(&note), 0);
    note.code = 61915;
    note.program[0] = 0;
    assert_int_equal(hufu_tls_notes_add(&note), 0);
    note.when = 200;
    assert_int_equal(hufu_tls_notes_add(&note), 0);
    hufu_tls_notes_read(&notes);
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.items[0].program, "a b");
    assert_int_equal(notes.items[0].code, 61008);
    assert_int_equal(notes.items[1].when, 200);
    assert_string_equal(notes.items[1].program, "");
}

static void passes_by_what_is_no_note(void **state)
{
    struct hufu_tls_notes notes;
    struct hufu_turned_away visit;
    (void)state;
    write_file("tls", "1 2 3\n1 2 3 4 a name that is too long\nx 2 3 4 a\n1 61008 3 4 \x1b[2J\n");
    hufu_tls_notes_read(&notes);
    assert_int_equal(notes.count, 1);
    assert_string_equal(notes.items[0].program, "?[2J");
    write_file("turned-away", "5 javascript:alert(1)\n");
    hufu_turned_away_read(&visit);
    assert_int_equal(visit.when, 0);
}

static void tells_who_was_turned_away(void **state)
{
    struct hufu_turned_away visit = {.when = 77, .origin = "https://a.example.tw"};
    struct hufu_turned_away again;
    (void)state;
    hufu_turned_away_read(&again);
    assert_int_equal(again.when, 0);
    assert_int_equal(hufu_turned_away_write(&visit), 0);
    hufu_turned_away_read(&again);
    assert_int_equal(again.when, 77);
    assert_string_equal(again.origin, visit.origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_its_ports, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_port, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(takes_no_port_too_many, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(reads_no_huge_file, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(tells_refusals, home_setup, home_teardown),
        cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(drops_all_of_a_process),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_refusal, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(keeps_the_latest_note_of_each_code, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_note, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(tells_who_was_turned_away, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(knows_a_hufud_by_all_that_it_wrote, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(believes_nobody_else, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(takes_only_itself_away, home_setup, home_teardown),
        cmocka_unit_test(ends_only_who_was_looked_at),
        cmocka_unit_test(takes_tls_for_an_answer_and_nothing_else),
        cmocka_unit_test_setup_teardown(tells_silence_from_a_closed_port, home_setup,
                                        home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
