/* Where a window opens. A process that outlives sessions cannot know it from its own environment:
 * the user manager of systemd knows it, as desktops tell it at each login. */
#ifndef HUFU_BASE_DISPLAY_H
#define HUFU_BASE_DISPLAY_H

/* Takes the display, and what belongs to it, from the user manager into this process' environment;
 * changes nothing where there is a display already, or no manager that knows one. Takes
 * milliseconds, and at most HUFU_DISPLAY_WAIT_S. For a process of one thread. */
void hufu_display_find(void);

/* For a user manager that hangs; a page waits meanwhile. */
enum { HUFU_DISPLAY_WAIT_S = 3 };

#endif
