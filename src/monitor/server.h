// The 9P server of a share: diod, with nothing in reach but what it exports.
#pragma once

#include "share.h"

// Becomes the server, speaking 9P on the descriptor; never returns.
_Noreturn void server_exec(const struct share *share, int connection);
