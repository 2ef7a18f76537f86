#include "replies.h"

#include <stdio.h>
#include <string.h>

static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}

// A frame other than output is complete.
static void take_reply(struct replies *replies, struct input *input) {
    replies->text[replies->text_length] = '\0';
    const unsigned char *bytes = (const unsigned char *)replies->text;
    switch ((enum reply)replies->header[0]) {
    case REPLY_TAKEN:
        if (replies->text_length == 2) input->credit += (size_t)(bytes[0] | bytes[1] << 8);
        if (input->credit > INPUT_CREDIT) input->credit = INPUT_CREDIT;
        return;
    case REPLY_STARTED:
        replies->started = true;
        return;
    case REPLY_FAILED:
        replies->failed = true;
        memcpy(replies->failure, replies->text, sizeof replies->failure);
        make_printable(replies->failure);
        return;
    case REPLY_EXIT:
        replies->exited = replies->text_length == 1;
        replies->broken = !replies->exited;
        replies->exit_code = bytes[0];
        return;
    default:
        replies->broken = true;
    }
}

// Takes a byte of a frame's header.
static void take_header(struct replies *replies, unsigned char byte) {
    replies->header[replies->header_length++] = byte;
    if (replies->header_length < FRAME_HEADER) return;
    replies->left = (size_t)(replies->header[1] | replies->header[2] << 8);
    replies->text_length = 0;
}

// Takes bytes of a frame's body, all that are left of it at most; 0 when there is no room.
static size_t take_body(struct relay *relay, const unsigned char *bytes, size_t length) {
    struct replies *replies = relay->carrier_state;
    if (replies->header[0] == REPLY_OUTPUT || replies->header[0] == REPLY_ERROR) {
        struct output *output = &relay->outputs[replies->header[0] - REPLY_OUTPUT];
        const size_t room = output_room(output);
        if (length > room) length = room;
        output_add(output, bytes, length);
    } else {
        const size_t room = REPLY_TEXT_MAX - 1 - replies->text_length;
        const size_t kept = length < room ? length : room;
        memcpy(replies->text + replies->text_length, bytes, kept);
        replies->text_length += kept;
    }
    return length;
}

// Takes some of the bytes; 0 when there is no room for any.
static size_t take_piece(struct relay *relay, const unsigned char *bytes, size_t length) {
    struct replies *replies = relay->carrier_state;
    size_t taken = 1;
    if (replies->header_length < FRAME_HEADER) {
        take_header(replies, *bytes);
        if (replies->header_length < FRAME_HEADER) return taken;
    } else {
        taken = take_body(relay, bytes, length < replies->left ? length : replies->left);
        replies->left -= taken;
    }
    if (replies->left > 0) return taken;
    replies->header_length = 0;
    if (replies->header[0] != REPLY_OUTPUT && replies->header[0] != REPLY_ERROR)
        take_reply(replies, &relay->input);
    return taken;
}

static size_t take(struct relay *relay) {
    const struct replies *replies = relay->carrier_state;
    const void *bytes;
    size_t total = 0;
    if (relay->console_count == 0 || !relay_take_mark(relay, 0)) return 0;
    while (!replies->exited && !replies->broken) {
        const size_t length = console_peek(&relay->consoles[0], &bytes);
        const size_t taken = length > 0 ? take_piece(relay, bytes, length) : 0;
        if (taken == 0) break;
        console_consume(&relay->consoles[0], &relay->channels, taken);
        total += taken;
    }
    return total;
}

const struct carrier replies_carrier = {take, relay_send_frames, relay_is_connected,
                                        relay_waits_for_nothing};
