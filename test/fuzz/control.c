// The lines that runx says to a monitor (src/monitor/control.c).
#define _GNU_SOURCE
#include "../../src/monitor/control.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The first byte: how many bytes come at a time.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct control control;
    struct control_line line;
    int ends[2];
    if (size < 1) return 0;
    const size_t piece = data[0] > 0 ? data[0] : 1;
    size_t lines = 0, taken = 0;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    control_open(&control);
    control.fd = ends[0];
    for (size_t done = 1; control.fd >= 0;) {
        const size_t length = size - done < piece ? size - done : piece;
        if (length > 0) MUST(write(ends[1], data + done, length) == (ssize_t)length);
        if (length == 0) shutdown(ends[1], SHUT_WR);
        done += length;
        const bool goes_on = control_receive(&control);
        MUST(goes_on == (control.fd >= 0) && control.length <= sizeof control.buffer);
        while (control_next(&control, &line)) {
            lines++;
            if (line.word == CONTROL_NAME)
                MUST(line.name[0] != '\0' && memchr(line.name, '\0', sizeof line.name) &&
                     !strchr(line.name, '\n'));
            if (line.word != CONTROL_PROCESS || line.number > size) continue;
            // The bytes of a record are those that follow its line, as far as they are there.
            char *record = malloc(line.number + 1);
            shutdown(ends[1], SHUT_WR);
            const size_t held = control.length;
            const bool whole = control_read(&control, record, line.number);
            MUST(!whole || line.number <= held + (done - 1));
            taken += whole ? line.number : 0;
            free(record);
            done = size; // nothing more can be written
        }
    }
    MUST(lines + taken <= size);
    close(ends[1]);
    return 0;
}
