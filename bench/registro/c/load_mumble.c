/* Mumble's control channel: 2 bytes type, 4 bytes length, protobuf. A user logs in with a name and no
 * certificate; its look-up's stand-in is Ping, the cheapest question the server answers. */
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 0, AUTHENTICATE = 2, PING = 3, REJECT = 4, SERVER_SYNC = 5 };

static void make(struct user *u) { (void)u; }

static void message(struct user *u, unsigned type, const unsigned char *body, size_t len)
{
    unsigned char out[128] = {(unsigned char)(type >> 8), (unsigned char)type, 0, 0, 0, (unsigned char)len};
    memcpy(out + 6, body, len);
    load_send(u, (char *)out, len + 6);
}

static void opened(struct user *u)
{
    static const unsigned char version[] = {0x08, 0x84, 0x86, 0x04}; /* field 1: 1.3.4 as 0x10304 */
    unsigned char login[32] = {0x0a, 6};                              /* field 1: user name */
    snprintf((char *)login + 2, 8, "u%05d", u->index);
    login[8] = 0x28; /* field 5: knows Opus */
    login[9] = 1;
    message(u, VERSION, version, sizeof version);
    message(u, AUTHENTICATE, login, 10);
}

/* Ping with a timestamp of exactly four varint bytes. */
static void ping(struct user *u)
{
    u->seq = (u->seq + 1) % 1000000;
    unsigned stamp = u->seq | 1u << 21;
    unsigned char body[5] = {0x08, (unsigned char)(0x80 | (stamp & 127)), (unsigned char)(0x80 | (stamp >> 7 & 127)),
                             (unsigned char)(0x80 | (stamp >> 14 & 127)), (unsigned char)(stamp >> 21)};
    message(u, PING, body, sizeof body);
}

static void ask(struct user *u, struct user *target)
{
    (void)target;
    ping(u);
}

static unsigned stamp_of(const unsigned char *body, size_t len)
{
    unsigned value = 0, shift = 0;
    if (len < 2 || body[0] != 0x08)
        return 0;
    for (size_t i = 1; i < len && shift < 32; i++, shift += 7) {
        value |= (unsigned)(body[i] & 127) << shift;
        if (!(body[i] & 128))
            break;
    }
    return value;
}

static void react(struct user *u, unsigned type, const unsigned char *body, size_t len)
{
    if (type == SERVER_SYNC)
        load_ready(u);
    else if (type == REJECT)
        load_wrong(u, "rejected", (const char *)body, len);
    else if (type == PING && u->asked > 0) {
        if (stamp_of(body, len) != (u->seq | 1u << 21))
            load_wrong(u, "ping's stamp", "", 0);
        load_answered(u, 1);
    } else
        load_pushed(u, 1);
}

static size_t consume(struct user *u, char *data, size_t len)
{
    unsigned char *at = (unsigned char *)data, *end = at + len;
    while (end - at >= 6) {
        unsigned type = (unsigned)(at[0] << 8 | at[1]);
        size_t size = (size_t)at[2] << 24 | (size_t)at[3] << 16 | (size_t)at[4] << 8 | at[5];
        if ((size_t)(end - at) < 6 + size)
            break;
        react(u, type, at + 6, size);
        if (u->conn.state != CONN_OPEN)
            return len;
        at += 6 + size;
    }
    return (size_t)(at - (unsigned char *)data);
}

static void call(struct user *u) { load_wrong(u, "Mumble has no calls", "", 0); }

static void change(struct user *u, int value)
{
    (void)value;
    load_wrong(u, "Mumble presence is not measured", "", 0);
}

const struct driver mumble_driver = {"mumble", make, opened, consume, ask, call, ping, load_left, change};
