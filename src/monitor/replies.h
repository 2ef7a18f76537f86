// What an added process says on its console, in frames (frame.h).  The guest may say
// anything: text is cut, and made printable.
#pragma once

#include "relay.h"

enum { REPLY_TEXT_MAX = 256 };

struct replies {
    bool started;
    bool failed; // `failure` says why there is no process
    bool exited; // with `exit_code`, and nothing comes after it
    bool broken; // a frame was not as it should be, and nothing comes after it
    int exit_code;
    char failure[REPLY_TEXT_MAX];
    // The frame that is coming in.
    unsigned char header[FRAME_HEADER];
    size_t header_length, left;
    char text[REPLY_TEXT_MAX];
    size_t text_length;
};

// One console for both output streams, and for what the guest says of the process.  Its state
// is a struct replies.
extern const struct carrier replies_carrier;
