// diod does not walk from a directory to what is mounted in it, but it does attach to
// that; so a guest's walk to an exported file becomes an attach on the way.
// Messages: intro(5) of Plan 9, and 9P2000.L (diod's protocol.md).
#pragma once

#include "share.h"

#include <stdint.h>

// Turns a request that walks to a file of the share into one that attaches to it, of
// 128 bytes at most; false when it is another request and stays as it is.
bool walk_to_attach(const struct share *share, uint8_t *message, uint32_t *length);
// Turns the reply to such an attach into that of a walk.
void walk_from_attach(uint8_t *message, uint32_t *length);
