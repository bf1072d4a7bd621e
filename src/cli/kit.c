/* hufu kit [--cards "NAME ..."] [--pin PIN] [--fault WORD] [--origin ORIGIN]... [FOLDER] */
#include "cli/kit.h"

#include "cli/cli.h"
#include "cli/option.h"
#include "cli/print.h"
#include "wire/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SoftHSM takes more; a real card does not. */
enum { PIN_MIN = 4, PIN_MAX = 8 };

/* Below the ports that the kernel hands out, with room for those of all products. */
enum { PORT_MIN = 1024, PORT_MAX = 32000 };

struct request {
    struct hufu_kit_order order;
    const char *origin;
    bool help;
};

static const struct hufu_option options[] = {
    {.name = "--cards", .offset = offsetof(struct request, order.cards), .has_value = true},
    {.name = "--pin", .offset = offsetof(struct request, order.pin), .has_value = true},
    {.name = "--fault", .offset = offsetof(struct request, order.fault), .has_value = true},
    {.name = "--origin", .offset = offsetof(struct request, origin), .has_value = true},
    {.name = "--pinentry", .offset = offsetof(struct request, order.pinentry), .has_value = true},
    {.name = "--port", .offset = offsetof(struct request, order.port), .has_value = true},
    {.name = "--default-ports", .offset = offsetof(struct request, order.default_ports)},
    {.name = "--data", .offset = offsetof(struct request, order.data), .has_value = true},
    {.name = "--json", .offset = offsetof(struct request, order.json)},
    {.name = "--help", .offset = offsetof(struct request, help)},
    {.name = "-h", .offset = offsetof(struct request, help)},
};

struct words {
    const char *usage;
    const char *missing;
    const char *swept;
    const char *ended;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage =
                "Usage: hufu kit [--cards NAMES] [--pin PIN] [--fault WORD] [--origin ORIGIN]...\n"
                "                [--port N | --default-ports] [--json] [FOLDER]\n"
                "       hufu kit fault [WORD [FOLDER]]\n\n"
                "Starts a hufud of its own with made-up cards, for developers of websites, until\n"
                "Ctrl+C. Your own hufud, cards and browsers stay as they are.\n\n"
                "  --cards NAMES     which cards, in quotes: citizen second ec expired notyet\n"
                "                    revoked locked company agency organisation health empty\n"
                "                    none, and more; two names are two readers\n"
                "  --pin PIN         the PIN of every card: 4 to 8 letters or digits (123456)\n"
                "  --fault WORD      what goes wrong from the start; hufu kit fault lists them\n"
                "  --origin ORIGIN   a website that may do everything, instead of\n"
                "                    http://localhost:8000; up to 16 times\n"
                "  --pinentry PATH   the program that asks for a PIN\n"
                "  --port N          the first port; the others follow\n"
                "  --default-ports   the ports that real pages ask\n"
                "  --data DIR        where hufu's data is\n"
                "  --json            answer as JSON, for programs\n",
            .missing = "hufu: The software cards need a package that is not installed.\n"
                       "Run: sudo apt install softhsm2 opensc openssl\nMissing: ",
            .swept = "hufu: removed what a kit left that was killed: ",
            .ended = "hufu: The kit's hufud has ended.\n",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu kit [--cards 名稱] [--pin PIN] [--fault 詞] [--origin 網站]...\n"
                     "               [--port N | --default-ports] [--json] [資料夾]\n"
                     "      hufu kit fault [詞 [資料夾]]\n\n"
                     "為網站開發者啟動一個獨立的 hufud 與虛構的卡片，按 Ctrl+C 結束。\n"
                     "您自己的 hufud、卡片與瀏覽器都不變。\n\n"
                     "  --cards 名稱      哪些卡片，以引號包住：citizen second ec expired notyet\n"
                     "                    revoked locked company agency organisation health empty\n"
                     "                    none 等；兩個名稱就是兩台讀卡機\n"
                     "  --pin PIN         每張卡片的 PIN 碼：4 到 8 個英數字（123456）\n"
                     "  --fault 詞        一開始就有的故障；hufu kit fault 列出全部\n"
                     "  --origin 網站     可以做任何事的網站，預設為 http://localhost:8000；\n"
                     "                    最多 16 個\n"
                     "  --pinentry PATH   詢問 PIN 碼的程式\n"
                     "  --port N          第一個連接埠，其餘接續\n"
                     "  --default-ports   真正的網頁所用的連接埠\n"
                     "  --data DIR        虎符資料所在的資料夾\n"
                     "  --json            以 JSON 輸出，供程式使用\n",
            .missing = "hufu：軟體卡片所需的套件沒有安裝。\n"
                       "請執行：sudo apt install softhsm2 opensc openssl\n缺少：",
            .swept = "hufu：已移除被強制結束的 kit 所留下的資料夾：",
            .ended = "hufu：kit 的 hufud 已結束。\n",
        },
};

static const struct words *say(void)
{
    return &words[hufu_language_of_environment()];
}

/* --- the command line --- */

/* Nothing but these characters; each word goes to programs as it is. */
static bool consists_of(const char *text, const char *allowed)
{
    return *text && text[strspn(text, allowed)] == 0;
}

#define SMALL  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool take_origin(struct request *request)
{
    struct hufu_kit_order *order = &request->order;
    const char *origin = request->origin;
    request->origin = NULL;
    if (!origin)
        return true;
    if (order->origin_count == HUFU_KIT_ORIGINS_MAX || !hufu_origin_valid(origin))
        return false;
    order->origins[order->origin_count++] = origin;
    return true;
}

static bool is_pin(const char *pin)
{
    size_t len = strlen(pin);
    return len >= PIN_MIN && len <= PIN_MAX &&
           consists_of(pin, SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS);
}

static bool is_port(const char *text)
{
    long port = consists_of(text, DIGITS) ? strtol(text, NULL, 10) : 0;
    return port >= PORT_MIN && port <= PORT_MAX;
}

static bool is_valid(const struct hufu_kit_order *order)
{
    return consists_of(order->cards, SMALL DIGITS " ") && strspn(order->cards, " ") == 0 &&
           is_pin(order->pin) && (!order->fault || hufu_kit_fault_known(order->fault)) &&
           (!order->pinentry || order->pinentry[0] == '/') &&
           (!order->port || (is_port(order->port) && !order->default_ports));
}

static bool parse(int argc, char **argv, struct request *request)
{
    *request = (struct request){
        .order = {.cards = "citizen", .pin = "123456", .data = HUFU_DATADIR},
    };
    struct hufu_kit_order *order = &request->order;
    for (int i = 1; i < argc; i++) {
        if (hufu_option_take(options, sizeof options / sizeof options[0], request, argc, argv,
                             &i)) {
            if (!take_origin(request))
                return false;
        } else if (argv[i][0] == '-' || !argv[i][0] || order->folder) {
            return false;
        } else {
            order->folder = argv[i];
        }
    }
    if (order->origin_count == 0)
        order->origins[order->origin_count++] = "http://localhost:8000";
    return is_valid(order);
}

/* --- the work --- */

static void tell_swept(const char *folder)
{
    fprintf(stderr, "%s%s\n", say()->swept, folder);
}

/* From its start to its end; a signal is how it normally ends. */
static int live(const struct hufu_kit_order *order, struct hufu_kit *kit)
{
    struct hufu_error err = {0};
    enum hufu_kit_end end = hufu_kit_start(order, kit);
    if (end == HUFU_KIT_READY) {
        if (hufu_kit_print(kit, order, &err) != HUFU_OK)
            return hufu_print_failure(&err);
        end = hufu_kit_wait(kit);
        if (end == HUFU_KIT_FAILED)
            fputs(say()->ended, stderr);
    }
    static const int statuses[] = {
        [HUFU_KIT_STOPPED] = HUFU_EXIT_DONE,
        [HUFU_KIT_WRONG] = HUFU_EXIT_USAGE,
        [HUFU_KIT_FAILED] = HUFU_EXIT_FAILED,
    };
    return statuses[end];
}

static int run(const struct hufu_kit_order *order)
{
    struct hufu_error err = {0};
    struct hufu_kit kit;
    const char *missing = hufu_kit_missing();
    if (missing) {
        fprintf(stderr, "%s%s\n", say()->missing, missing);
        return HUFU_EXIT_FAILED;
    }
    hufu_kit_prepare();
    hufu_kit_sweep(order->data, tell_swept);
    if (hufu_kit_make(order, &kit, &err) != HUFU_OK)
        return hufu_print_failure(&err);
    int status = live(order, &kit);
    return hufu_kit_remove(kit.folder, order->data) ? status : HUFU_EXIT_FAILED;
}

int hufu_cli_kit(int argc, char **argv)
{
    struct request request;
    if (argc > 1 && strcmp(argv[1], "fault") == 0 &&
        !(argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)))
        return hufu_cli_kit_fault(argc - 1, argv + 1);
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(say()->usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    return run(&request.order);
}
