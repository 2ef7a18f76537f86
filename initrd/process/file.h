// Small files that are read or written at once.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// Reads the beginning of the file and ends it with a NUL; its length, or -1, and then the text is
// empty.
ssize_t file_read(const char *path, char *text, size_t size);
// Writes the text into a file that is there; 0, or -1 with errno set.
int file_write(const char *path, const char *text);
// Says which processes are to go first when memory runs out (proc(5)), the caller being one:
// -1000 is never, and what the caller starts has the same.  0, or -1 with errno set.
int file_write_oom_score(int score);
