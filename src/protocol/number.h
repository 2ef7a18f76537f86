// Numbers in text that others have written.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Reads the whole text as digits to this base, 10 or 16; false when it is anything else.
bool number_parse(const char *text, unsigned base, uint64_t *number);
