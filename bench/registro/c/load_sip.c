/* SIP (RFC 3261) over TCP or TLS, as two user agents behind one proxy and registrar: REGISTER, OPTIONS answered
 * by the proxy from its location table (the look-up), INVITE/180/200/ACK/BYE through a record-routing proxy. */
#include "load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const char SDP[] = "v=0\r\no=- 1 1 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"
                          "m=audio 40000 RTP/SAVP 111\r\na=rtpmap:111 opus/48000/2\r\n";

struct agent {
    int port;
    char contact[80], invite[2048]; /* the INVITE as the callee got it, to answer and to end */
};

enum { CALLED = 1, RANG, ANSWERED, ENDED };

static struct agent *own(struct user *u) { return u->own; }
static const char *transport(struct user *u) { return u->conn.tls ? "TLS" : "TCP"; }

static void make(struct user *u) { u->own = calloc(1, sizeof(struct agent)); }

static int local_port(struct user *u)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(u->conn.fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

static const char *branch(struct user *u)
{
    static char text[40];
    snprintf(text, sizeof text, "z9hG4bK%d.%u", u->index, ++u->seq);
    return text;
}

static void opened(struct user *u)
{
    char out[900];
    struct agent *a = own(u);
    a->port = local_port(u);
    snprintf(a->contact, sizeof a->contact, "sip:u%05d@127.0.0.1:%d;transport=%s", u->index, a->port,
             u->conn.tls ? "tls" : "tcp");
    int n = snprintf(out, sizeof out,
                     "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%d;branch=%s\r\nMax-Forwards: 70\r\n"
                     "From: <sip:u%05d@127.0.0.1>;tag=r%d\r\nTo: <sip:u%05d@127.0.0.1>\r\nCall-ID: r%d.%d@bench\r\n"
                     "CSeq: %u REGISTER\r\nContact: <%s>\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n",
                     transport(u), a->port, branch(u), u->index, u->index, u->index, u->index, a->port, u->seq,
                     a->contact);
    load_send(u, out, (size_t)n);
}

static void ask(struct user *u, struct user *target)
{
    char out[800];
    int n = snprintf(out, sizeof out,
                     "OPTIONS sip:u%05d@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%d;branch=%s\r\n"
                     "Max-Forwards: 70\r\nFrom: <sip:u%05d@127.0.0.1>;tag=o%d\r\nTo: <sip:u%05d@127.0.0.1>\r\n"
                     "Call-ID: o%d.%u@bench\r\nCSeq: %u OPTIONS\r\nContent-Length: 0\r\n\r\n",
                     target->index, transport(u), own(u)->port, branch(u), u->index, u->index, target->index,
                     u->index, u->seq, u->seq);
    load_send(u, out, (size_t)n);
}

static void call(struct user *u)
{
    char out[1600];
    int n = snprintf(out, sizeof out,
                     "INVITE sip:u%05d@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%d;branch=%s\r\n"
                     "Max-Forwards: 70\r\nFrom: <sip:u%05d@127.0.0.1>;tag=c%u\r\nTo: <sip:u%05d@127.0.0.1>\r\n"
                     "Call-ID: c%d.%u@bench\r\nCSeq: 1 INVITE\r\nContact: <%s>\r\n"
                     "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                     u->peer->index, transport(u), own(u)->port, branch(u), u->index, u->serial, u->peer->index,
                     u->index, u->serial, own(u)->contact, sizeof SDP - 1, SDP);
    load_send(u, out, (size_t)n);
}

/* Reading headers --------------------------------------------------------------------------------- */

/* The next header `name` at or after `from`, as a whole line without its end; 0 if there is none. */
static size_t header(const char *from, const char *name, const char **at)
{
    size_t len = strlen(name);
    for (const char *line = from; (line = strstr(line, "\r\n")); ) {
        line += 2;
        if (!strncmp(line, "\r\n", 2))
            return 0;
        if (!strncasecmp(line, name, len) && line[len] == ':') {
            *at = line;
            return strcspn(line, "\r");
        }
    }
    return 0;
}

static int copy(char *out, int n, int room, const char *message, const char *name, const char *as, int all)
{
    const char *at, *from = message;
    size_t len, skip = strlen(name);
    while ((len = header(from, name, &at)) && n + (int)len + 20 < room) {
        n += snprintf(out + n, (size_t)(room - n), "%s%.*s\r\n", as, (int)(len - skip), at + skip);
        if (!all)
            break;
        from = at;
    }
    return n;
}

/* An answer to the request kept in `to`: its Via, Record-Route, From, To (with a tag), Call-ID and CSeq. */
static int answer(struct user *u, char *out, int room, const char *to, const char *status, int body)
{
    const char *at;
    int n = snprintf(out, (size_t)room, "SIP/2.0 %s\r\n", status);
    n = copy(out, n, room, to, "Via", "Via", 1);
    n = copy(out, n, room, to, "Record-Route", "Record-Route", 1);
    n = copy(out, n, room, to, "From", "From", 0);
    size_t len = header(to, "To", &at);
    n += snprintf(out + n, (size_t)(room - n), "%.*s%s\r\n", (int)len, at, memmem(at, len, "tag=", 4) ? "" : ";tag=b");
    n = copy(out, n, room, to, "Call-ID", "Call-ID", 0);
    n = copy(out, n, room, to, "CSeq", "CSeq", 0);
    n += snprintf(out + n, (size_t)(room - n), "Contact: <%s>\r\n", own(u)->contact);
    if (body)
        return n + snprintf(out + n, (size_t)(room - n),
                            "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", sizeof SDP - 1, SDP);
    return n + snprintf(out + n, (size_t)(room - n), "Content-Length: 0\r\n\r\n");
}

/* A request inside the dialogue: ACK by the caller (from, to as in the 200), BYE by the callee (turned round). */
static int within(struct user *u, char *out, int room, const char *message, const char *method)
{
    int turned = *method == 'B';
    int n = snprintf(out, (size_t)room, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:%d;branch=%s\r\nMax-Forwards: 70\r\n",
                     method, own(u->peer)->contact, transport(u), own(u)->port, branch(u));
    n = copy(out, n, room, message, "Record-Route", "Route", 1);
    if (turned) {
        n = copy(out, n, room, message, "To", "From", 0) - 2;
        n += snprintf(out + n, (size_t)(room - n), ";tag=b\r\n");
        n = copy(out, n, room, message, "From", "To", 0);
    } else {
        n = copy(out, n, room, message, "From", "From", 0);
        n = copy(out, n, room, message, "To", "To", 0);
    }
    n = copy(out, n, room, message, "Call-ID", "Call-ID", 0);
    return n + snprintf(out + n, (size_t)(room - n), "CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n", method);
}

/* What happens ------------------------------------------------------------------------------------ */

static void ring_and_answer(struct user *u, const char *invite)
{
    char out[2048];
    snprintf(own(u)->invite, sizeof own(u)->invite, "%s", invite);
    load_send(u, out, (size_t)answer(u, out, sizeof out, invite, "180 Ringing", 0));
    load_send_later(u, out, (size_t)answer(u, out, sizeof out, invite, "200 OK", 1));
    u->step = RANG;
}

static void acknowledged(struct user *u)
{
    char out[2048];
    load_established(u->peer);
    load_send_later(u, out, (size_t)within(u, out, sizeof out, own(u)->invite, "BYE"));
    u->step = ENDED;
}

static void request(struct user *u, const char *message)
{
    char out[2048], id[48];
    const char *at;
    size_t len = header(message, "Call-ID", &at);
    struct user *caller = u->index % 2 ? u->peer : u;
    if (caller)
        snprintf(id, sizeof id, "c%d.%u@bench", caller->index, caller->serial);
    if (!caller || !len || !memmem(at, len, id, strlen(id)))
        load_wrong(u, "request of another call", message, strlen(message));
    else if (!strncmp(message, "INVITE ", 7))
        ring_and_answer(u, message);
    else if (!strncmp(message, "ACK ", 4))
        acknowledged(u);
    else if (!strncmp(message, "BYE ", 4))
        load_send(u, out, (size_t)answer(u, out, sizeof out, message, "200 OK", 0));
    else
        load_wrong(u, "unexpected request", message, strlen(message));
}

static void invited(struct user *u, int status, const char *message)
{
    char out[2048];
    if (status == 100)
        return;
    if (status == 180) {
        u->step = RANG;
        return;
    }
    if (status != 200 || u->step != RANG) {
        load_wrong(u, "answer to INVITE", message, strlen(message));
        return;
    }
    load_send(u, out, (size_t)within(u, out, sizeof out, message, "ACK"));
    u->step = ANSWERED;
}

static void found(struct user *u, int status, const char *message)
{
    char expected[64];
    snprintf(expected, sizeof expected, "Contact: <sip:u%05d@", u->target);
    if (status != 200 || !strstr(message, expected))
        load_wrong(u, "look-up", message, strlen(message));
    load_answered(u, 1);
}

static void response(struct user *u, const char *message)
{
    const char *at;
    int status = atoi(message + 8);
    size_t len = header(message, "CSeq", &at);
    if (!len)
        load_wrong(u, "no CSeq", message, strlen(message));
    else if (memmem(at, len, "OPTIONS", 7))
        found(u, status, message);
    else if (memmem(at, len, "INVITE", 6))
        invited(u, status, message);
    else if (status != 200)
        load_wrong(u, "refused", message, strlen(message));
    else if (memmem(at, len, "REGISTER", 8))
        load_ready(u);
    else
        load_call_over(u->peer); /* the callee's BYE was answered: the call is over on both sides */
}

static size_t consume(struct user *u, char *data, size_t len)
{
    char *at = data, *end;
    while (at < data + len && strchr("\r\n", *at)) /* the answer to a keep-alive (RFC 5626 section 3.5.1) */
        at++;
    while ((end = memmem(at, (size_t)(data + len - at), "\r\n\r\n", 4))) {
        const char *field;
        size_t body = header(at, "Content-Length", &field) ? (size_t)atoi(field + 15) : 0;
        char *next = end + 4 + body;
        if (next > data + len)
            break;
        char kept = *next;
        *next = 0;
        if (!strncmp(at, "SIP/2.0 ", 8))
            response(u, at);
        else
            request(u, at);
        if (u->conn.state != CONN_OPEN)
            return len;
        *next = kept;
        at = next;
    }
    return (size_t)(at - data);
}

static void alive(struct user *u) { load_send(u, "\r\n\r\n", 4); }

static void change(struct user *u, int value)
{
    (void)value;
    load_wrong(u, "SIP presence is not measured", "", 0);
}

const struct driver sip_driver = {"sip", make, opened, consume, ask, call, alive, load_left, change};
