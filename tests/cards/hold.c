/* hold READER: takes the card in the reader whose name begins so for itself alone, says "held", and
 * gives it back when its standard input ends. What gpg's scdaemon and some vendors' tools do. */
#include <stdio.h>
#include <string.h>
#include <winscard.h>

static const char *find(SCARDCONTEXT context, const char *wanted, char *names, DWORD size)
{
    if (SCardListReaders(context, NULL, names, &size) != SCARD_S_SUCCESS)
        return NULL;
    for (const char *name = names; *name; name += strlen(name) + 1)
        if (strncmp(name, wanted, strlen(wanted)) == 0)
            return name;
    return NULL;
}

int main(int argc, char **argv)
{
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    char names[4096];
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (argc != 2 || code != SCARD_S_SUCCESS)
        return 2;
    const char *name = find(context, argv[1], names, sizeof names);
    if (name)
        code = SCardConnect(context, name, SCARD_SHARE_EXCLUSIVE,
                            SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
    if (!name || code != SCARD_S_SUCCESS) {
        fprintf(stderr, "hold: %s\n", name ? pcsc_stringify_error(code) : "no such reader");
        return 1;
    }
    puts("held");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    (void)SCardDisconnect(card, SCARD_LEAVE_CARD);
    (void)SCardReleaseContext(context);
    return 0;
}
