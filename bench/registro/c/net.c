#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int epoll_fd;
static SSL_CTX *tls_context;
static const struct net_events *handlers;
static char scratch[NET_SCRATCH];
static struct conn **dirty;
static size_t dirty_len, dirty_cap;

void net_init(const struct net_events *events, SSL_CTX *tls)
{
    handlers = events;
    tls_context = tls;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (tls)
        SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
}

int net_epoll(void) { return epoll_fd; }

double net_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void watch(struct conn *c, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    c->events = events;
    epoll_ctl(epoll_fd, operation, c->fd, &event);
}

static void want(struct conn *c, uint32_t events)
{
    if (c->events != events)
        watch(c, events, EPOLL_CTL_MOD);
}

static void begin(struct conn *c, int fd, enum conn_state state)
{
    int one = 1;
    memset(c, 0, sizeof *c);
    c->fd = fd;
    c->state = state;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

int net_connect(struct conn *c, int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    begin(c, fd, CONN_CONNECTING);
    if (tls_context) {
        c->tls = SSL_new(tls_context);
        SSL_set_fd(c->tls, fd);
        SSL_set_connect_state(c->tls);
    }
    watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
        net_close(c);
        return -1;
    }
    return 0;
}

void net_adopt(struct conn *c, int fd)
{
    begin(c, fd, tls_context ? CONN_HANDSHAKE : CONN_OPEN);
    if (tls_context) {
        c->tls = SSL_new(tls_context);
        SSL_set_fd(c->tls, fd);
        SSL_set_accept_state(c->tls);
    }
    watch(c, EPOLLIN, EPOLL_CTL_ADD);
    if (!tls_context)
        handlers->opened(c);
}

int net_listen(int *port)
{
    struct sockaddr_in address = loopback(*port);
    socklen_t size = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 4096) < 0) {
        perror("listen");
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

void net_close(struct conn *c)
{
    if (c->state == CONN_CLOSED)
        return;
    c->state = CONN_CLOSED;
    if (c->tls) {
        SSL_set_quiet_shutdown(c->tls, 1);
        SSL_free(c->tls);
        c->tls = NULL;
    }
    close(c->fd);
    free(c->rest);
    free(c->out);
    c->rest = c->out = NULL;
    c->rest_len = c->out_len = c->out_cap = 0;
}

static void lost(struct conn *c)
{
    net_close(c);
    handlers->closed(c);
}

void net_send(struct conn *c, const char *data, size_t len)
{
    if (c->state == CONN_CLOSED)
        return;
    if (c->out_len + len > c->out_cap) {
        c->out_cap = (c->out_len + len) * 2;
        c->out = realloc(c->out, c->out_cap);
    }
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
    if (c->dirty)
        return;
    c->dirty = 1;
    if (dirty_len == dirty_cap) {
        dirty_cap = dirty_cap ? dirty_cap * 2 : 1024;
        dirty = realloc(dirty, dirty_cap * sizeof *dirty);
    }
    dirty[dirty_len++] = c;
}

/* Bytes moved, 0 for "later", -1 for the end. */
static ssize_t raw_read(struct conn *c, char *to, size_t room)
{
    ssize_t n;
    if (c->tls) {
        ERR_clear_error(); /* SSL_get_error looks at the whole thread's queue */
        n = SSL_read(c->tls, to, (int)room);
        if (n > 0)
            return n;
        int why = SSL_get_error(c->tls, (int)n);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    n = recv(c->fd, to, room, 0);
    if (n > 0)
        return n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t raw_write(struct conn *c, const char *from, size_t len)
{
    ssize_t n;
    if (c->tls) {
        ERR_clear_error();
        n = SSL_write(c->tls, from, (int)len);
        if (n > 0)
            return n;
        int why = SSL_get_error(c->tls, (int)n);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    n = send(c->fd, from, len, MSG_NOSIGNAL);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void flush_one(struct conn *c)
{
    size_t done = 0;
    while (done < c->out_len) {
        ssize_t n = raw_write(c, c->out + done, c->out_len - done);
        if (n < 0) {
            lost(c);
            return;
        }
        if (n == 0)
            break;
        done += (size_t)n;
    }
    c->out_len -= done;
    if (c->out_len) {
        memmove(c->out, c->out + done, c->out_len);
        want(c, EPOLLIN | EPOLLOUT);
        return;
    }
    free(c->out); /* an idle connection keeps no buffer */
    c->out = NULL;
    c->out_cap = 0;
    want(c, EPOLLIN);
}

void net_flush(void)
{
    for (size_t i = 0; i < dirty_len; i++) {
        struct conn *c = dirty[i];
        c->dirty = 0;
        if (c->state == CONN_OPEN)
            flush_one(c);
    }
    dirty_len = 0;
}

static void keep_rest(struct conn *c, const char *from, size_t len)
{
    free(c->rest);
    c->rest = NULL;
    c->rest_len = len;
    if (len) {
        c->rest = malloc(len);
        memcpy(c->rest, from, len);
    }
}

static void readable(struct conn *c)
{
    for (;;) {
        size_t have = c->rest_len, took;
        if (have)
            memcpy(scratch, c->rest, have);
        ssize_t n = raw_read(c, scratch + have, sizeof scratch - 1 - have);
        if (n < 0) {
            lost(c);
            return;
        }
        if (n == 0)
            return;
        have += (size_t)n;
        scratch[have] = 0;
        took = handlers->consume(c, scratch, have);
        if (c->state != CONN_OPEN)
            return;
        keep_rest(c, scratch + took, have - took);
        if (!c->tls) /* level-triggered: what is left wakes us again; TLS records may hide in OpenSSL */
            return;
    }
}

static void open_now(struct conn *c)
{
    c->state = CONN_OPEN;
    want(c, EPOLLIN);
    handlers->opened(c);
}

static void shake(struct conn *c)
{
    ERR_clear_error();
    int n = SSL_do_handshake(c->tls);
    if (n == 1) {
        open_now(c);
        if (c->state == CONN_OPEN)
            readable(c);
        return;
    }
    int why = SSL_get_error(c->tls, n);
    if (why == SSL_ERROR_WANT_READ)
        want(c, EPOLLIN);
    else if (why == SSL_ERROR_WANT_WRITE)
        want(c, EPOLLIN | EPOLLOUT);
    else
        lost(c);
}

static void connected(struct conn *c)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        lost(c);
        return;
    }
    if (!c->tls) {
        open_now(c);
        return;
    }
    c->state = CONN_HANDSHAKE;
    shake(c);
}

void net_event(struct conn *c, uint32_t events)
{
    switch (c->state) {
    case CONN_CLOSED:
        return;
    case CONN_CONNECTING:
        connected(c);
        return;
    case CONN_HANDSHAKE:
        shake(c);
        return;
    case CONN_OPEN:
        if (events & EPOLLOUT)
            flush_one(c);
        if (c->state == CONN_OPEN && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            readable(c);
    }
}
