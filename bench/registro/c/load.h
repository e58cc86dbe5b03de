/* The load client: many users of one server in one thread. load.c owns time, users and commands; a driver
 * speaks one protocol and reports what happened. Every answer is checked; what is wrong is counted and the
 * first wrong thing is kept for the report. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "net.h"

#include <openssl/evp.h>

struct user {
    struct conn conn; /* first: an event's conn is its user */
    int index, ready;
    double last_sent;
    /* look-up under way */
    double asked;
    int target, rounds;
    /* call under way, the same in both members */
    struct user *peer;
    double called;
    int step;
    unsigned serial;
    /* what only one driver needs */
    void *own;
    uint32_t seq;
};

struct driver {
    const char *name;
    /* once a user, before its first connection */
    void (*make)(struct user *);
    /* the connection is open (TLS done): register, or wait for the server to speak */
    void (*opened)(struct user *);
    size_t (*consume)(struct user *, char *data, size_t len);
    void (*ask)(struct user *, struct user *target);
    /* a call from u to u->peer */
    void (*call)(struct user *);
    void (*alive)(struct user *);
    /* say good-bye; the load client closes the connection after the answer (load_left) */
    void (*leave)(struct user *);
    /* change one's own presence; value alternates between 0 and 1 */
    void (*change)(struct user *, int value);
};

extern const struct driver sala_driver, sip_driver, mumble_driver;
extern int load_port;

/* A driver's reports. */
void load_ready(struct user *);
void load_left(struct user *);
void load_answered(struct user *, int right);
void load_established(struct user *caller);
void load_call_over(struct user *caller);
void load_pushed(struct user *, int changes);
void load_wrong(struct user *, const char *what, const char *data, size_t len);
struct user *load_user(int index);

/* Sends now, or in the next turn of the loop (so that two messages are two segments, as with two taps). */
void load_send(struct user *, const char *data, size_t len);
void load_send_later(struct user *, const char *data, size_t len);

#endif
