/* A program of the build: draws icons for panels that find no SVG by its name.
 *   draw_icons NAME.svg... >icons.c
 * Of SVG it knows what data/icons has: a viewBox of 120, and paths of one colour made of M, L, C
 * and Z with absolute numbers, filled by the nonzero rule. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Panels are 22 to 48 high; 4 x 4 samples a pixel give 17 shades of an edge, 8 pieces a smooth arc
 * at that size. */
enum { VIEW = 120, SIZE_MAX_PX = 48, SAMPLES = 4, PIECES = 8, FILE_MAX = 64 * 1024 };
enum { EDGES_MAX = 4096 };

static const int sizes[] = {22, 32, 48};

struct point {
    double x;
    double y;
};

struct shape {
    double colour[3]; /* 0 to 255 */
    size_t count;
    struct point edges[EDGES_MAX][2];
};

struct pixel {
    double colour[3]; /* times alpha */
    double alpha;
};

_Noreturn static void fail(const char *name, const char *problem)
{
    fprintf(stderr, "draw_icons: %s: %s\n", name, problem);
    exit(1);
}

/* --- reading --- */

static void add_edge(struct shape *shape, struct point from, struct point to)
{
    if (shape->count == EDGES_MAX)
        fail("a path", "too long");
    shape->edges[shape->count][0] = from;
    shape->edges[shape->count++][1] = to;
}

static struct point between(struct point a, struct point b, double part)
{
    return (struct point){a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part};
}

/* De Casteljau. */
static struct point on_curve(const struct point p[4], double part)
{
    struct point a = between(p[0], p[1], part);
    struct point b = between(p[1], p[2], part);
    struct point c = between(p[2], p[3], part);
    return between(between(a, b, part), between(b, c, part), part);
}

static const char *read_point(const char *at, struct point *ret_point)
{
    char *middle = NULL;
    char *end = NULL;
    ret_point->x = strtod(at, &middle);
    ret_point->y = strtod(middle, &end);
    if (middle == at || end == middle)
        fail("a path", "a number is missing");
    return end;
}

static const char *read_curve(const char *at, struct shape *shape, struct point *pen)
{
    struct point p[4] = {*pen};
    for (int i = 1; i < 4; i++)
        at = read_point(at, &p[i]);
    for (int i = 1; i <= PIECES; i++) {
        struct point to = on_curve(p, (double)i / PIECES);
        add_edge(shape, *pen, to);
        *pen = to;
    }
    return at;
}

static void read_path(const char *at, struct shape *shape)
{
    struct point start = {0};
    struct point pen = {0};
    struct point to = {0};
    while (*at && *at != '"') {
        char command = *at++;
        if (command == 'M') {
            at = read_point(at, &start);
            pen = start;
        } else if (command == 'L') {
            at = read_point(at, &to);
            add_edge(shape, pen, to);
            pen = to;
        } else if (command == 'C') {
            at = read_curve(at, shape, &pen);
        } else if (command == 'Z') {
            add_edge(shape, pen, start);
            pen = start;
        } else {
            fail("a path", "it has more than M, L, C and Z");
        }
    }
}

/* The next path of the file, or NULL. */
static const char *read_shape(const char *at, struct shape *shape)
{
    static const char fill_name[] = "fill=\"#";
    static const char path_name[] = " d=\"";
    at = strstr(at, "<path ");
    const char *fill = at ? strstr(at, fill_name) : NULL;
    const char *path = at ? strstr(at, path_name) : NULL;
    if (!fill || !path)
        return NULL;
    unsigned long colour = strtoul(fill + strlen(fill_name), NULL, 16);
    for (int i = 0; i < 3; i++)
        shape->colour[i] = (double)(colour >> (16 - 8 * i) & 0xff);
    shape->count = 0;
    read_path(path + strlen(path_name), shape);
    return path;
}

static void read_file(const char *name, char ret_text[FILE_MAX])
{
    FILE *file = fopen(name, "r");
    size_t len = file ? fread(ret_text, 1, FILE_MAX - 1, file) : 0;
    ret_text[len] = 0;
    if (file)
        fclose(file);
    if (len == FILE_MAX - 1)
        fail(name, "too long");
    if (!strstr(ret_text, "viewBox=\"0 0 120 120\""))
        fail(name, "no SVG with a viewBox of 0 0 120 120");
}

/* --- drawing --- */

static bool is_inside(const struct shape *shape, double x, double y)
{
    int winding = 0;
    for (size_t i = 0; i < shape->count; i++) {
        struct point a = shape->edges[i][0];
        struct point b = shape->edges[i][1];
        if ((a.y <= y) == (b.y <= y) || a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) < x)
            continue;
        winding += a.y <= y ? 1 : -1;
    }
    return winding != 0;
}

static double coverage(const struct shape *shape, int size, int column, int row)
{
    int hits = 0;
    for (int i = 0; i < SAMPLES * SAMPLES; i++) {
        double x = column + (i % SAMPLES + 0.5) / SAMPLES;
        double y = row + (i / SAMPLES + 0.5) / SAMPLES;
        hits += is_inside(shape, x * VIEW / size, y * VIEW / size);
    }
    return (double)hits / (SAMPLES * SAMPLES);
}

static void paint(struct pixel *pixel, const struct shape *shape, double alpha)
{
    for (int i = 0; i < 3; i++)
        pixel->colour[i] = pixel->colour[i] * (1 - alpha) + shape->colour[i] * alpha;
    pixel->alpha = pixel->alpha * (1 - alpha) + alpha;
}

static void draw(const char *text, int size, struct pixel *ret_pixels)
{
    static struct shape shape;
    memset(ret_pixels, 0, (size_t)(size * size) * sizeof *ret_pixels);
    while ((text = read_shape(text, &shape)))
        for (int i = 0; i < size * size; i++)
            paint(&ret_pixels[i], &shape, coverage(&shape, size, i % size, i / size));
}

/* --- writing --- */

static void print(size_t icon, int size, const struct pixel *pixels)
{
    printf("static const uint8_t icon_%zu_%d[] = {", icon, size);
    for (int i = 0; i < size * size; i++) {
        const struct pixel *pixel = &pixels[i];
        printf("%s%d,", i % 8 ? "" : "\n", (int)(pixel->alpha * 255 + 0.5));
        for (int c = 0; c < 3; c++)
            printf("%d,", pixel->alpha > 0 ? (int)(pixel->colour[c] / pixel->alpha + 0.5) : 0);
    }
    puts("};");
}

static void print_table(size_t icons)
{
    puts("const struct hufu_pixmap hufu_pixmaps[][HUFU_PIXMAP_SIZES] = {");
    for (size_t icon = 0; icon < icons; icon++) {
        printf("{");
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            printf("{%d, icon_%zu_%d, sizeof icon_%zu_%d},", sizes[i], icon, sizes[i], icon,
                   sizes[i]);
        puts("},");
    }
    puts("};");
}

int main(int argc, char **argv)
{
    static char text[FILE_MAX];
    static struct pixel pixels[SIZE_MAX_PX * SIZE_MAX_PX];
    puts("#include \"tray/icon.h\"");
    for (int icon = 1; icon < argc; icon++) {
        read_file(argv[icon], text);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            draw(text, sizes[i], pixels);
            print((size_t)icon - 1, sizes[i], pixels);
        }
    }
    print_table((size_t)argc - 1);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
