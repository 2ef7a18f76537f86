// Copies a directory's content, as the mount option "tmpcopyup" asks for.
#pragma once

// Copies what is in the directory `from` to the directory `to`, with owners, modes and
// times; the directory itself stays as it is.  Both are descriptors, and are closed.
// Returns 0, or -1 with errno set.
int copy_content(int from, int to);
