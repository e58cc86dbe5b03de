#include "wire.h"

#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t wire_b64(const unsigned char *from, size_t len, char *to)
{
    size_t out = 0, bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < len; i++) {
        held = held << 8 | from[i];
        for (bits += 8; bits >= 6; bits -= 6)
            to[out++] = ALPHABET[held >> (bits - 6) & 63];
    }
    if (bits)
        to[out++] = ALPHABET[held << (6 - bits) & 63];
    to[out] = 0;
    return out;
}

int wire_unb64(struct text from, unsigned char *to, size_t want)
{
    size_t out = 0, bits = 0;
    unsigned held = 0;
    if (!from.at || from.len != (want * 4 + 2) / 3)
        return 0;
    for (size_t i = 0; i < from.len; i++) {
        const char *place = memchr(ALPHABET, from.at[i], 64);
        if (!place)
            return 0;
        held = held << 6 | (unsigned)(place - ALPHABET);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[out++] = (unsigned char)(held >> bits);
        }
    }
    return out == want && !(held & ((1u << bits) - 1));
}

struct text wire_key(const char *line, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = line; (at = strchr(at, ' ')); at++)
        if (!strncmp(at + 1, key, len) && at[1 + len] == '=') {
            const char *value = at + 2 + len;
            return (struct text){value, strcspn(value, " \r\n")};
        }
    return (struct text){NULL, 0};
}

int wire_is(struct text value, const char *expected, size_t len)
{
    return value.at && value.len == len && !memcmp(value.at, expected, len);
}

static size_t put(unsigned char *to, const void *from, size_t len)
{
    to[0] = (unsigned char)(len >> 8);
    to[1] = (unsigned char)len;
    memcpy(to + 2, from, len);
    return len + 2;
}

size_t wire_login(unsigned char *to, int local, const unsigned char binding[32], struct text name,
                  const unsigned char key[32])
{
    const char *label = local ? "sala-registro-local-v1" : "sala-registro-v1";
    size_t n = put(to, label, strlen(label));
    n += put(to + n, binding, 32);
    n += put(to + n, name.at, name.len);
    return n + put(to + n, key, 32);
}

int wire_exporter(SSL *tls, unsigned char binding[32])
{
    static const char label[] = "EXPORTER-Channel-Binding";
    return SSL_export_keying_material(tls, binding, 32, label, sizeof label - 1, NULL, 0, 1) == 1;
}
