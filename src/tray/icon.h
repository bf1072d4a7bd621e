/* The icons as pixels, for panels that do not find them by name. draw_icons makes the table from
 * data/icons when hufu is built. */
#ifndef HUFU_TRAY_ICON_H
#define HUFU_TRAY_ICON_H

#include <stddef.h>
#include <stdint.h>

enum { HUFU_PIXMAP_SIZES = 3 };

/* A square; its pixels are alpha, red, green, blue, as StatusNotifierItem has them. */
struct hufu_pixmap {
    int size;
    const uint8_t *bytes;
    size_t len;
};

/* By enum hufu_tray_state. */
extern const struct hufu_pixmap hufu_pixmaps[][HUFU_PIXMAP_SIZES];

#endif
