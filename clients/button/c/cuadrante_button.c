#include "cuadrante_button.h"

#include <string.h>

#include "sha256.h"

#define VERSION 0xB1
#define MAC_BYTES 16
#define STORED 0x01
#define CANCEL_ANSWERED 0x02

static uint8_t *put(uint8_t *at, uint64_t number, int size) {
    for (int i = size - 1; i >= 0; i--, number >>= 8) at[i] = (uint8_t)number;
    return at + size;
}

static uint64_t got(const uint8_t *at, int size) {
    uint64_t number = 0;
    while (size--) number = number << 8 | *at++;
    return number;
}

void cb_tag(const char *device_id, uint8_t tag[CB_TAG_BYTES]) {
    struct sha256 hash;
    uint8_t digest[SHA256_BYTES];
    sha256_begin(&hash);
    sha256_add(&hash, "tag", 3);
    sha256_add(&hash, device_id, strlen(device_id));
    sha256_end(&hash, digest);
    memcpy(tag, digest, CB_TAG_BYTES);
}

void cb_encode(const uint8_t key[CB_KEY_BYTES], const uint8_t tag[CB_TAG_BYTES],
               const struct cb_message *message, uint8_t datagram[CB_MESSAGE_BYTES]) {
    struct sha256 hash;
    uint8_t mac[SHA256_BYTES], *at = datagram;
    at = put(at, VERSION, 1);
    at = put(at, message->type, 1);
    memcpy(at, tag, CB_TAG_BYTES);
    at = put(at + CB_TAG_BYTES, message->boot, 4);
    at = put(at, message->sequence, 4);
    at = put(at, message->salt, 4);
    at = put(at, message->press_boot, 4);
    at = put(at, message->press_sequence, 4);
    at = put(at, message->kind, 1);
    at = put(at, message->battery_percent, 1);
    at = put(at, message->pressed_at_ms, 6);
    at = put(at, (uint32_t)message->lat_e7, 4);
    at = put(at, (uint32_t)message->lon_e7, 4);
    at = put(at, message->accuracy_m, 2);
    hmac_begin(&hash, key);
    sha256_add(&hash, "up", 2);
    sha256_add(&hash, datagram, (size_t)(at - datagram));
    hmac_end(&hash, key, mac);
    memcpy(at, mac, MAC_BYTES);
}

bool cb_decode(const uint8_t key[CB_KEY_BYTES], const uint8_t question[CB_MESSAGE_BYTES],
               const uint8_t *datagram, size_t size, struct cb_answer *answer) {
    struct sha256 hash;
    uint8_t mac[SHA256_BYTES], difference = 0;
    const uint8_t *received = datagram + CB_ANSWER_BYTES - MAC_BYTES;
    if (size != CB_ANSWER_BYTES || datagram[0] != VERSION) return false;
    hmac_begin(&hash, key);
    sha256_add(&hash, "down", 4);
    sha256_add(&hash, question + CB_MESSAGE_BYTES - MAC_BYTES, MAC_BYTES);
    sha256_add(&hash, datagram, CB_ANSWER_BYTES - MAC_BYTES);
    hmac_end(&hash, key, mac);
    for (int i = 0; i < MAC_BYTES; i++) difference |= mac[i] ^ received[i];
    if (difference || (datagram[1] > CB_REFUSED && datagram[1] != CB_CHALLENGE)) return false;
    answer->progress = datagram[1];
    answer->sequence = (uint32_t)got(datagram + 2, 4);
    answer->stored = datagram[6] & STORED;
    answer->cancel_answered = datagram[6] & CANCEL_ANSWERED;
    answer->eta_min = datagram[7];
    answer->value = got(datagram + 8, 8);
    return true;
}
