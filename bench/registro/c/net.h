/* Connections for the bench's two C programs: epoll, plain TCP or TLS 1.2/1.3, many at once, one thread.
 *
 * A connection reads into one scratch buffer that all share; only an unfinished message is kept with the
 * connection, so that an idle one costs little. What is written is gathered and leaves in one write when
 * net_flush() is called, once a turn of the loop. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

#define NET_SCRATCH (256 * 1024)

enum conn_state { CONN_CONNECTING, CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSED };

struct conn {
    int fd;
    SSL *tls;
    enum conn_state state;
    uint32_t events;
    int dirty;
    char *rest;
    size_t rest_len;
    char *out;
    size_t out_len, out_cap;
};

/* What a program does with its connections; `consume` returns how many bytes it took. */
struct net_events {
    void (*opened)(struct conn *);
    size_t (*consume)(struct conn *, char *data, size_t len);
    void (*closed)(struct conn *);
};

/* Makes the epoll set. `tls` may be NULL; `events` must live on. */
void net_init(const struct net_events *events, SSL_CTX *tls);
int net_epoll(void);
/* A client connection to 127.0.0.1:port, in the place given (zeroed by us). -1 if no socket could be made. */
int net_connect(struct conn *c, int port);
/* An accepted socket, in the place given. */
void net_adopt(struct conn *c, int fd);
/* A listening socket on 127.0.0.1:port (0: any) with a long backlog; *port says which. Exits on failure. */
int net_listen(int *port);
/* Put bytes behind what waits to be written. */
void net_send(struct conn *c, const char *data, size_t len);
/* Handle the epoll events of one connection. */
void net_event(struct conn *c, uint32_t events);
/* Write what was gathered since the last call. */
void net_flush(void);
/* Closes at once; `closed` is not called. */
void net_close(struct conn *c);

double net_now(void);

#endif
