#define _GNU_SOURCE
#include "network_line.h"
#include "../../../src/protocol/number.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool take_number(unsigned *number, const char *word, uint64_t maximum) {
    uint64_t value;
    if (word[0] == '0' && word[1]) return false;
    if (!number_parse(word, 10, &value) || value > maximum) return false;
    *number = (unsigned)value;
    return true;
}

static bool take_ip(struct ip_address *address, const char *word) {
    address->family = strchr(word, ':') ? AF_INET6 : AF_INET;
    address->size = address->family == AF_INET6 ? 16 : 4;
    return inet_pton(address->family, word, address->bytes) == 1;
}

// "-", or an address of the family that the line's own has.
static bool take_optional(struct network_line *line, struct ip_address *address, const char *word) {
    if (!strcmp(word, "-")) return true;
    return take_ip(address, word) && address->family == line->address.family;
}

// It becomes a part of paths, and "%d" is the kernel's to fill in.
static bool take_name(struct network_line *line, const char *word) {
    size_t length = strlen(word);
    if (length == 0 || length >= sizeof line->name || !strcmp(word, ".") || !strcmp(word, ".."))
        return false;
    for (const char *c = word; *c; c++)
        if (!isgraph((unsigned char)*c) || strchr("/:%", *c)) return false;
    memcpy(line->name, word, length + 1);
    return true;
}

static bool take_mac(struct network_line *line, const char *word) {
    if (strlen(word) != 17) return false;
    for (int i = 0; i < 17; i++)
        if (i % 3 == 2 ? word[i] != ':' : !isxdigit((unsigned char)word[i])) return false;
    for (int i = 0; i < 6; i++) sscanf(word + 3 * i, "%2hhx", &line->mac[i]);
    return true;
}

static bool take_mtu(struct network_line *line, const char *word) {
    return take_number(&line->mtu, word, INT_MAX) && line->mtu > 0;
}

static bool take_address(struct network_line *line, const char *word) {
    return take_ip(&line->address, word);
}

static bool take_prefix(struct network_line *line, const char *word) {
    return take_number(&line->prefix, word, line->address.size * 8);
}

static bool take_destination(struct network_line *line, const char *word) {
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(word, '/');
    if (!slash || (size_t)(slash - word) >= sizeof address) return false;
    memcpy(address, word, (size_t)(slash - word));
    address[slash - word] = '\0';
    return take_address(line, address) && take_prefix(line, slash + 1);
}

static bool take_other(struct network_line *line, const char *word) {
    return take_optional(line, &line->other, word);
}

static bool take_source(struct network_line *line, const char *word) {
    return take_optional(line, &line->source, word);
}

static bool take_metric(struct network_line *line, const char *word) {
    return take_number(&line->metric, word, UINT32_MAX);
}

static bool take_scope(struct network_line *line, const char *word) {
    return take_number(&line->scope, word, UINT8_MAX);
}

static bool take_onlink(struct network_line *line, const char *word) {
    line->onlink = *word == '1';
    return !strcmp(word, "0") || !strcmp(word, "1");
}

struct word {
    const char *name;
    bool (*take)(struct network_line *line, const char *word);
};

static const struct {
    const char *name;
    enum network_kind kind;
    struct word words[8];
} kinds[] = {
    {"link", NETWORK_LINK, {{"NAME", take_name}, {"MAC", take_mac}, {"MTU", take_mtu}}},
    {"mtu", NETWORK_MTU, {{"NAME", take_name}, {"MTU", take_mtu}}},
    {"address",
     NETWORK_ADDRESS,
     {{"NAME", take_name}, {"LOCAL", take_address}, {"PREFIX", take_prefix}, {"PEER", take_other}}},
    {"route",
     NETWORK_ROUTE,
     {{"NAME", take_name},
      {"DESTINATION/PREFIX", take_destination},
      {"GATEWAY", take_other},
      {"SOURCE", take_source},
      {"METRIC", take_metric},
      {"SCOPE", take_scope},
      {"ONLINK", take_onlink}}},
    {"neighbour",
     NETWORK_NEIGHBOUR,
     {{"NAME", take_name}, {"ADDRESS", take_address}, {"MAC", take_mac}}},
    {"dhcp", NETWORK_DHCP, {{"NAME", take_name}}},
    {"lease", NETWORK_LEASE, {{"NAME", take_name}}},
};

// The next word; one that is too long for any of ours is cut, which makes it a wrong one.
static const char *next_word(const char **text, const char *end, char word[64]) {
    const char *space = memchr(*text, ' ', (size_t)(end - *text));
    size_t length = (size_t)((space ? space : end) - *text);
    if (memchr(*text, '\0', length)) length = 0;
    if (length > 63) length = 63;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text = space ? space + 1 : NULL;
    return word;
}

static const char *take_words(struct network_line *line, const struct word *words, const char *text,
                              const char *end) {
    static char error[40];
    char word[64];
    for (; words->name; words++) {
        snprintf(error, sizeof error, "%s %s", text ? "wrong" : "no", words->name);
        if (!text || !words->take(line, next_word(&text, end, word))) return error;
    }
    return text ? "too many words" : NULL;
}

// A line of resolv.conf(5).
static const char *take_text(struct network_line *line, const char *text, const char *end) {
    if (!text || text == end) return "no TEXT";
    for (const char *c = text; c < end; c++)
        if (iscntrl((unsigned char)*c) && *c != '\t') return "wrong TEXT";
    line->text = text;
    line->text_length = (size_t)(end - text);
    return NULL;
}

const char *network_line_parse(struct network_line *line, const char *text, size_t length) {
    const char *end = text + length;
    char word[64];
    memset(line, 0, sizeof *line);
    next_word(&text, end, word);
    if (!strcmp(word, "resolv")) {
        line->kind = NETWORK_RESOLV;
        return take_text(line, text, end);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(word, kinds[i].name)) {
            line->kind = kinds[i].kind;
            return take_words(line, kinds[i].words, text, end);
        }
    return "unknown line";
}
