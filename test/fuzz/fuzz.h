// A fuzz target is a program of one function: it hands `data` to the code under test as
// a guest, or Dom0, would, and aborts when what must hold does not.  The name is
// libFuzzer's, which can drive it too.
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Frees what realloc(3) has given since the input began: parsers keep what they make.
void fuzz_free(void);

// Aborts with its own text unless the condition holds.
#define MUST(condition) ((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_failed(const char *file, int line, const char *condition);
