/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104), for hardware whose kit has none. */
#ifndef CUADRANTE_SHA256_H
#define CUADRANTE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t size;
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* HMAC with a key of 32 bytes: begin, `sha256_add` what is said, end. */
void hmac_begin(struct sha256 *hash, const uint8_t key[32]);
void hmac_end(struct sha256 *hash, const uint8_t key[32], uint8_t mac[SHA256_BYTES]);

#endif
