/* The little of the wire's grammar that the bench needs: lines, keys, base64url, the login signature. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <openssl/ssl.h>
#include <stddef.h>

struct text {
    const char *at;
    size_t len;
};

/* base64url without padding; `to` needs 4/3 of len and a NUL. Returns the length. */
size_t wire_b64(const unsigned char *from, size_t len, char *to);
/* Decodes exactly `want` bytes; 0 if the text is not that. */
int wire_unb64(struct text from, unsigned char *to, size_t want);
/* The value of ` key=` in a line that ends in NUL; at == NULL if it is not there. */
struct text wire_key(const char *line, const char *key);
int wire_is(struct text value, const char *expected, size_t len);
/* The bytes a registration signs: label, binding, name and key, each behind its length. Returns how many. */
size_t wire_login(unsigned char *to, int local, const unsigned char binding[32], struct text name,
                  const unsigned char key[32]);
/* RFC 9266 tls-exporter of this connection. 0 on failure. */
int wire_exporter(SSL *tls, unsigned char binding[32]);

#endif
