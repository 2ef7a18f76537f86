// Drives a fuzz target: its corpus as it is, then inputs made of that for so many
// seconds, keeping those that reach new code.  The same seed makes the same inputs.
// usage: TARGET SECONDS SEED CORPUS-DIRECTORY
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 8192, MOST_KEPT = 4096, MAP = 1 << 13, HANGS_SECONDS = 10, MOST_LIVE = 65536 };

struct input {
    uint8_t bytes[LONGEST];
    size_t size;
};

static struct input *corpus[MOST_KEPT];
static size_t corpus_count;
static struct input current;
static uint8_t hits[MAP], seen[MAP];
static uintptr_t before;
static uint64_t state;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_set_death_callback(void (*callback)(void));
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

// Called in each basic block of the code under test: counts the ways between blocks.
void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    uint8_t *hit = &hits[(here ^ before << 1) % MAP];
    if (*hit < UINT8_MAX) (*hit)++;
    before = here;
}

const char *__asan_default_options(void) {
    return "handle_abort=1:detect_leaks=0";
}

const char *__ubsan_default_options(void) {
    return "abort_on_error=1:print_stacktrace=1";
}

_Noreturn void fuzz_failed(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

static void save_finding(void) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.finding", program_invocation_name);
    FILE *file = fopen(path, "w");
    if (!file) return;
    fwrite(current.bytes, 1, current.size, file);
    fclose(file);
    fprintf(stderr, "the input is in %s; mend the code, then add it to the corpus\n", path);
}

static void hangs(int number) {
    (void)number;
    static const char text[] = "the input takes too long\n";
    (void)!write(2, text, sizeof text - 1);
    abort();
}

// xorshift64*
static uint32_t random_below(uint32_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1dULL >> 32) % limit;
}

static void *live[MOST_LIVE];
static size_t live_count;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_realloc(void *old, size_t size) {
    size_t i = live_count;
    while (old && i > 0 && live[i - 1] != old) i--;
    void *grown = __real_realloc(old, size);
    if (old && i > 0)
        live[i - 1] = grown;
    else if (live_count < MOST_LIVE)
        live[live_count++] = grown;
    return grown;
}

void fuzz_free(void) {
    while (live_count > 0) free(live[--live_count]);
}

// Whether a way was gone for the first time, or for more times than ever (1, 2, 4 ...).
static int is_new(void) {
    int found = 0;
    for (size_t i = 0; i < MAP; i++) {
        if (hits[i] == 0) continue;
        uint8_t bucket = (uint8_t)(1 << (31 - __builtin_clz(hits[i])));
        found |= (seen[i] & bucket) == 0;
        seen[i] |= bucket;
    }
    return found;
}

static void run(void) {
    memset(hits, 0, sizeof hits);
    before = 0;
    alarm(HANGS_SECONDS);
    LLVMFuzzerTestOneInput(current.bytes, current.size);
    alarm(0);
    if (!is_new() || corpus_count == MOST_KEPT) return;
    struct input *kept = malloc(sizeof *kept);
    if (!kept) abort();
    *kept = current;
    corpus[corpus_count++] = kept;
}

static void insert(size_t at, const uint8_t *bytes, size_t size) {
    if (size > LONGEST - current.size) size = LONGEST - current.size;
    memmove(current.bytes + at + size, current.bytes + at, current.size - at);
    memcpy(current.bytes + at, bytes, size);
    current.size += size;
}

static void mutate_once(void) {
    static const uint32_t numbers[] = {0,    1,    7,    8,    63,        64,        127,
                                       128,  255,  256,  1023, 1024,      1025,      2047,
                                       2048, 2049, 4095, 4096, INT32_MAX, UINT32_MAX};
    uint8_t piece[64];
    size_t at = random_below((uint32_t)current.size + 1), left = current.size - at;
    size_t size = 1 + random_below(sizeof piece);
    switch (random_below(7)) {
    case 0:
        if (left > 0) current.bytes[at] ^= (uint8_t)(1 << random_below(8));
        break;
    case 1:
        if (left > 0) current.bytes[at] = (uint8_t)random_below(256);
        break;
    case 2: { // a number, of 1, 2 or 4 bytes
        uint32_t number = numbers[random_below(sizeof numbers / sizeof *numbers)];
        size_t width = (size_t)1 << random_below(3);
        if (left >= width) memcpy(current.bytes + at, &number, width);
        break;
    }
    case 3:
        if (size > left) size = left;
        memmove(current.bytes + at, current.bytes + at + size, left - size);
        current.size -= size;
        break;
    case 4:
        for (size_t i = 0; i < size; i++) piece[i] = (uint8_t)random_below(256);
        insert(at, piece, 1 + size % 8);
        break;
    case 5: // a piece of its own, or of another one, in another place
    case 6: {
        const struct input *from = corpus[random_below((uint32_t)corpus_count)];
        if (from->size == 0) break;
        size_t start = random_below((uint32_t)from->size);
        if (size > from->size - start) size = from->size - start;
        memcpy(piece, from->bytes + start, size);
        insert(at, piece, size);
        break;
    }
    }
}

static void load(const char *directory) {
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        FILE *file = entries[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (!file) continue;
        current.size = fread(current.bytes, 1, LONGEST, file);
        fclose(file);
        run();
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: TARGET SECONDS SEED CORPUS-DIRECTORY\n", stderr);
        return 2;
    }
    const double end = now() + atof(argv[1]);
    state = strtoull(argv[2], NULL, 10) * 2 + 1;
    __sanitizer_set_death_callback(save_finding);
    signal(SIGALRM, hangs);
    signal(SIGPIPE, SIG_IGN);
    load(argv[3]);
    size_t loaded = corpus_count;
    if (loaded == 0) {
        fprintf(stderr, "%s: no corpus\n", argv[3]);
        return 2;
    }
    unsigned long inputs = 0;
    for (; now() < end; inputs++) {
        current = *corpus[random_below((uint32_t)corpus_count)];
        for (uint32_t times = 1 + random_below(6); times > 0; times--) mutate_once();
        run();
    }
    size_t ways = 0;
    for (size_t i = 0; i < MAP; i++) ways += seen[i] != 0;
    printf("%s: %lu inputs, seed %s, %zu kept, %zu branches\n", program_invocation_short_name,
           inputs, argv[2], corpus_count - loaded, ways);
    return 0;
}
