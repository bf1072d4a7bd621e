#include "service/config.h"

#include "home.h"

/* The system's own files play no part. */
const char *__wrap_hufu_path_system(void);

const char *__wrap_hufu_path_system(void)
{
    return home_path("system");
}

static void require_text(const char *text, size_t size)
{
    require(memchr(text, 0, size) != NULL);
}

static void require_product(const struct hufu_config *config, const struct hufu_product *product)
{
    require_text(product->name, sizeof product->name);
    require_text(product->component, sizeof product->component);
    require_text(product->last_error, sizeof product->last_error);
    require_text(product->server_version, sizeof product->server_version);
    for (size_t i = 0; i < HUFU_NAMES_PER_PRODUCT; i++) {
        require_text(product->path_ids[i], sizeof product->path_ids[i]);
        if (product->path_ids[i][0])
            require(hufu_config_product(config, product->path_ids[i], "") != NULL);
    }
}

/* It is told in one line, and comes back from its file. */
static void require_problem(const struct hufu_problem *problem)
{
    struct hufu_buf text = {.max = HUFU_PROBLEM_TEXT_MAX};
    hufu_problem_text(problem, HUFU_LANGUAGE_ZH_TW, &text);
    require(!text.failed && !strchr(hufu_buf_text(&text), '\n'));
    hufu_buf_done(&text);
}

/* The input is a hufu.ini and, after a line "%", a file of the component map. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char line[] = "\n%\n";
    struct hufu_config *config = NULL;
    if (home_make()) {
        home_folder(".config/hufu");
        home_folder("data/components.d");
    }
    const uint8_t *end = memmem(data, len, line, sizeof line - 1);
    size_t settings = end ? (size_t)(end - data) : 0;
    size_t map = end ? settings + sizeof line - 1 : 0;
    home_write(".config/hufu/hufu.ini", data, settings);
    home_write("data/components.d/one.ini", data + map, len - map);
    static struct hufu_problems problems;
    if (hufu_config_load_rest(home_path("data"), &config, &problems, NULL) != HUFU_OK)
        return 0;
    require(config->unsound == (problems.count > 0));
    for (size_t i = 0; i < problems.count; i++)
        require_problem(&problems.items[i]);
    require(config->product_count > 0 && config->product_count <= HUFU_PRODUCTS_MAX);
    require(config->session_idle_s > 0 && config->heartbeat_s > 0 && config->call_deadline_s > 0);
    for (size_t i = 0; i < config->product_count; i++)
        require_product(config, &config->products[i]);
    hufu_config_free(config);
    return 0;
}
