#include "options.h"
#include "../protocol/number.h"

#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

enum kind { TEXT, FLAG, NUMBER, WINDOW, DISK, SHARE, EXPORT };

#define FIELD(name) offsetof(struct options, name)

static const struct known {
    const char *letter, *name;
    enum kind kind;
    size_t field; // of those kinds that fill one
} table[] = {
    {OPTION_STATE, "state", TEXT, FIELD(state_directory)},
    {OPTION_ID, "id", TEXT, FIELD(id)},
    {OPTION_SLOT, "slot", NUMBER, FIELD(slot)},
    {OPTION_XL, "xl", TEXT, FIELD(xl)},
    {OPTION_TERMINAL, "terminal", FLAG, FIELD(terminal)},
    {OPTION_WINDOW, "window", WINDOW, FIELD(window)},
    {OPTION_CONSOLE_SOCKET, "console-socket", TEXT, FIELD(console_socket)},
    {OPTION_NETWORK, "network", TEXT, FIELD(network)},
    {OPTION_HOSTNAME, "hostname", TEXT, FIELD(hostname)},
    {OPTION_OWN_GUEST, "own-guest", FLAG, FIELD(own_guest)},
    {OPTION_KEEP_OUTPUT, "keep-output", FLAG, FIELD(keep_output)},
    {OPTION_DISK, "disk", DISK, 0},
    {OPTION_DIOD, "diod", TEXT, FIELD(diod)},
    {OPTION_SHARE, "share", SHARE, 0},
    {OPTION_EXPORT, "export", EXPORT, 0},
    {OPTION_DOMAIN, "domain", TEXT, FIELD(domain)},
    {OPTION_DOMID, "domid", NUMBER, FIELD(domid)},
    {OPTION_TRY, "try", FLAG, FIELD(try)},
};

enum { KNOWN = sizeof table / sizeof *table };

// Domains and slots begin with 1.
static bool parse_number(const char *text, unsigned *number) {
    uint64_t value;
    if (!number_parse(text, 10, &value) || value < 1 || value > INT_MAX) return false;
    *number = (unsigned)value;
    return true;
}

// ROWSxCOLUMNS, which is cut in two.
static bool parse_window(char *text, struct winsize *window) {
    uint64_t rows, columns;
    char *second = strchr(text, 'x');
    if (!second) return false;
    *second++ = '\0';
    if (!number_parse(text, 10, &rows) || !number_parse(second, 10, &columns)) return false;
    if (rows > USHRT_MAX || columns > USHRT_MAX) return false;
    window->ws_row = (unsigned short)rows;
    window->ws_col = (unsigned short)columns;
    return true;
}

// False when the option's value is wrong, or one too many.
static bool take(struct options *options, const struct known *known, char *value) {
    void *field = (char *)options + known->field;
    switch (known->kind) {
    case TEXT:
        *(const char **)field = value;
        return true;
    case FLAG:
        *(bool *)field = true;
        return true;
    case NUMBER:
        return parse_number(value, field);
    case WINDOW:
        return parse_window(value, field);
    case DISK:
        if (options->disk_count == MAX_DISKS) return false;
        options->disks[options->disk_count++] = value;
        return true;
    case SHARE:
        return share_list_add(options->shares, value);
    case EXPORT:
        return share_list_add_export(options->shares, value);
    }
    return false;
}

int options_parse(struct options *options, struct option_letters letters, int argc, char **argv) {
    struct option accepted[KNOWN + 1] = {0};
    char missing[KNOWN + 1];
    unsigned count = 0;
    for (int i = 0; i < KNOWN; i++) {
        if (!strstr(letters.needs, table[i].letter) && !strstr(letters.takes, table[i].letter))
            continue;
        const int argument = table[i].kind == FLAG ? no_argument : required_argument;
        accepted[count++] = (struct option){table[i].name, argument, NULL, i};
    }
    strcpy(missing, letters.needs);
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", accepted, NULL)) != -1;) {
        if (option < 0 || option >= KNOWN || !take(options, &table[option], optarg)) return -1;
        char *needed = strstr(missing, table[option].letter);
        if (needed) *needed = ' ';
    }
    return strspn(missing, " ") == strlen(missing) ? optind : -1;
}
