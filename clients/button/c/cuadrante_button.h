/* The button datagram (protocol/button.md) for small hardware: C99, no allocation, no I/O.
 *
 * It writes what a button says and reads what it is answered; when to send is a table in the
 * specification, and `device.py` beside this folder shows it at work.
 */
#ifndef CUADRANTE_BUTTON_H
#define CUADRANTE_BUTTON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_KEY_BYTES 32
#define CB_TAG_BYTES 8
#define CB_MESSAGE_BYTES 64
#define CB_ANSWER_BYTES 32

enum cb_type { CB_PRESS = 1, CB_CANCEL = 2, CB_HEARTBEAT = 3 };

enum cb_kind { CB_PANIC = 1, CB_SILENT, CB_MEDICAL, CB_FIRE, CB_INTRUSION, CB_TEST };

enum cb_progress {
    CB_ALIVE,
    CB_WAITING,
    CB_RECEIVED,
    CB_DELIVERED,
    CB_ACCEPTED,
    CB_ON_SCENE,
    CB_CLOSED,
    CB_REFUSED,
    CB_CHALLENGE = 0x80 /* go on counting from boot = value, sequence = 0, and say it again */
};

#define CB_NOWHERE INT32_MIN
#define CB_UNKNOWN_ACCURACY UINT16_MAX
#define CB_UNKNOWN_BATTERY UINT8_MAX

struct cb_message {
    uint8_t type;
    uint32_t boot, sequence; /* the counter: starts of the device, messages since */
    uint32_t salt;           /* random, drawn at each start */
    uint32_t press_boot, press_sequence; /* the counter of the press' first message */
    uint8_t kind;                        /* 0 of a heartbeat */
    uint8_t battery_percent;
    uint64_t pressed_at_ms; /* Unix time; 0: not known */
    int32_t lat_e7, lon_e7; /* degrees times ten million */
    uint16_t accuracy_m;
};

struct cb_answer {
    uint8_t progress;
    uint32_t sequence; /* of the message that is answered */
    bool stored;
    bool cancel_answered;
    uint8_t eta_min; /* 255: not known */
    uint64_t value;  /* Unix time in milliseconds, or the boot number of a challenge */
};

/* The eight bytes that name a device. */
void cb_tag(const char *device_id, uint8_t tag[CB_TAG_BYTES]);

/* Write a message. */
void cb_encode(const uint8_t key[CB_KEY_BYTES], const uint8_t tag[CB_TAG_BYTES],
               const struct cb_message *message, uint8_t datagram[CB_MESSAGE_BYTES]);

/* Read the answer to a message as it was sent. False: it is none, and nothing is written. */
bool cb_decode(const uint8_t key[CB_KEY_BYTES], const uint8_t question[CB_MESSAGE_BYTES],
               const uint8_t *datagram, size_t size, struct cb_answer *answer);

#endif
