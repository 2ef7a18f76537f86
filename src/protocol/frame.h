// What moves on a container's consoles besides plain bytes, between the monitor in
// Dom0 and initrd/process in the guest; and between the monitor and who attaches to the
// container (attach.h), INPUT, END and WINDOW one way, OUTPUT, EXIT, PAST and MISSED the
// other.
//
// A console alone cannot say that the input ended or that the window changed, so
// what goes to the guest is frames: a type byte, a 16-bit little-endian length and
// that many bytes.  What comes from the container's first process is its bare bytes,
// one console for each stream; a process added by exec has one console for all, and
// sends frames too.
//
// The guest's first byte on each console is a mark: its end is raw from there on,
// and what is sent before would be echoed.
#pragma once

enum { FRAME_HEADER = 3, FRAME_MAX = 1024 }; // FRAME_MAX: of a body

enum frame {
    FRAME_INPUT = 'I',  // bytes for the process's standard input
    FRAME_END = 'E',    // there will be no more input
    FRAME_WINDOW = 'W', // rows and columns, 16 bits each
    FRAME_CLOSED = 'C', // one byte: nobody reads output stream N (1 or 2) any more
    FRAME_RUN = 'R',    // start; before it a container is sent WINDOW and NETWORK alone
    // The container's first process only:
    FRAME_NETWORK = 'N', // its network's lines are in xenstore, or have changed
    // exec only:
    FRAME_RECORD = 'P', // a piece of the process record (src/guest/record.ts), before RUN
    FRAME_SIGNAL = 'S', // one byte: the number
};

// From a process added by exec.
enum reply {
    REPLY_OUTPUT = '1',  // bytes of its standard output or terminal
    REPLY_ERROR = '2',   // bytes of its standard error
    REPLY_TAKEN = 't',   // 16 bits: so many bytes of input were passed on
    REPLY_STARTED = 's', // it runs
    REPLY_FAILED = 'f',  // text: why it does not
    REPLY_EXIT = 'x',    // one byte: its exit code; the last frame
    // To who attaches:
    REPLY_PAST = 'p',   // bytes of output from before; an empty one ends them
    REPLY_MISSED = 'm', // 32 bits: so many bytes of output were not sent
};

// Input that the guest has not passed on yet; what it keeps beyond a process that
// does not read, so that signals and window sizes never wait behind it.
enum { INPUT_CREDIT = 16384 };
