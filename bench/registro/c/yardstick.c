/* A yardstick, not a registry: the least that answers the protocol's lines, one thread, one epoll set.
 *
 * It verifies registrations, looks names up and hands call lines on with `de=` put in, so that its figures
 * say what the kernel and the cryptography cost by themselves. It keeps no rules (states, limits, journal,
 * storage), tells presence only when asked for ESTADO, and believes its clients.
 *
 *     yardstick [CERTIFICATE KEY]      prints its port on standard output */
#include "net.h"
#include "wire.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define BUCKETS 32768
#define LINE 8192

struct member {
    struct conn conn; /* first: an event's conn is its member */
    unsigned char challenge[32];
    char name[72], key[44];
    struct member *next, *peer, *grave;
};

static struct member *table[BUCKETS];
static struct member *graves;
static const unsigned char RELAY_SECRET[16] = "yardstick-secret";

static unsigned hash(const char *at, size_t len)
{
    unsigned h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)at[i]) * 16777619u;
    return h % BUCKETS;
}

static struct member *find(struct text name)
{
    struct member *m = name.at ? table[hash(name.at, name.len)] : NULL;
    while (m && !wire_is(name, m->name, strlen(m->name)))
        m = m->next;
    return m;
}

static void leave(struct member *m)
{
    struct member **at = &table[hash(m->name, strlen(m->name))];
    while (*at && *at != m)
        at = &(*at)->next;
    if (*at)
        *at = m->next;
    if (m->peer)
        m->peer->peer = NULL;
}

static void bury(struct member *m)
{
    leave(m);
    m->grave = graves; /* freed after the turn: an event or the list of writers may still name it */
    graves = m;
}

static void opened(struct conn *c)
{
    struct member *m = (struct member *)c;
    char line[256], challenge[48];
    int n;
    if (c->tls)
        n = snprintf(line, sizeof line, "OLA 0 versao=1 recursos= servidor=yardstick limites=linha:4096\n");
    else {
        RAND_bytes(m->challenge, 32);
        wire_b64(m->challenge, 32, challenge);
        n = snprintf(line, sizeof line,
                     "OLA 0 versao=1 recursos= servidor=yardstick limites=linha:4096 desafio=%s\n", challenge);
    }
    net_send(c, line, (size_t)n);
}

static int proved(struct member *m, struct text name, struct text key_text, struct text sig_text)
{
    unsigned char key[32], sig[64], binding[32], message[256];
    if (!wire_unb64(key_text, key, 32) || !wire_unb64(sig_text, sig, 64) || name.len > 64)
        return 0;
    if (!m->conn.tls)
        memcpy(binding, m->challenge, 32);
    else if (!wire_exporter(m->conn.tls, binding))
        return 0;
    size_t len = wire_login(message, !m->conn.tls, binding, name, key);
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    int good = EVP_DigestVerifyInit(digest, NULL, NULL, NULL, public) == 1 &&
               EVP_DigestVerify(digest, sig, 64, message, len) == 1;
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(public);
    return good;
}

static void join(struct member *m, const char *line, const char *seq)
{
    struct text name = wire_key(line, "nome"), key = wire_key(line, "chave");
    char out[256];
    int n;
    if (!name.at || !proved(m, name, key, wire_key(line, "sig")))
        n = snprintf(out, sizeof out, "REGISTRO-MAL-SUCEDIDO %s codigo=assinatura motivo=recusada\n", seq);
    else {
        unsigned at = hash(name.at, name.len);
        memcpy(m->name, name.at, name.len);
        memcpy(m->key, key.at, 43);
        m->next = table[at];
        table[at] = m;
        n = snprintf(out, sizeof out, "REGISTRO-BEM-SUCEDIDO %s nome=%s rev=1 vida=45\n", seq, m->name);
    }
    net_send(&m->conn, out, (size_t)n);
}

static void look_up(struct member *m, const char *line, const char *seq)
{
    struct text name = wire_key(line, "nome");
    struct member *found = find(name);
    char out[256];
    int n;
    if (found)
        n = snprintf(out, sizeof out, "CONSULTA-BEM-SUCEDIDA %s nome=%s chave=%s estado=%s\n", seq, found->name,
                     found->key, found->peer ? "ocupado" : "livre");
    else
        n = snprintf(out, sizeof out, "CONSULTA-MAL-SUCEDIDA %s nome=%.*s codigo=nao-encontrado\n", seq,
                     (int)name.len, name.at);
    net_send(&m->conn, out, (size_t)n);
}

static void credentials(struct member *m, struct text call, char leg)
{
    char user[64], out[256];
    unsigned char mac[20], password[32];
    unsigned size = sizeof mac;
    int n = snprintf(user, sizeof user, "%ld:%.*s.%c", (long)time(NULL) + 3600, (int)call.len, call.at, leg);
    HMAC(EVP_sha1(), RELAY_SECRET, sizeof RELAY_SECRET, (unsigned char *)user, (size_t)n, mac, &size);
    EVP_EncodeBlock(password, mac, (int)size);
    n = snprintf(out, sizeof out, "LIGACAO 0 chamada=%.*s usuario=%s senha=%s reles=turn:127.0.0.1:5000 validade=3600\n",
                 (int)call.len, call.at, user, password);
    net_send(&m->conn, out, (size_t)n);
}

/* The line as it came, but seq 0, no `para`, and `de` with the sender's own name. */
static void hand_on(struct member *from, const char *line, const char *verb)
{
    char out[LINE];
    int n = snprintf(out, sizeof out, "%s 0", verb);
    for (const char *at = strchr(strchr(line, ' ') + 1, ' '); at; at = strchr(at + 1, ' ')) {
        size_t len = 1 + strcspn(at + 1, " \r\n");
        if (strncmp(at, " para=", 6) && strncmp(at, " de=", 4) && (size_t)n + len < sizeof out) {
            memcpy(out + n, at, len);
            n += (int)len;
        }
    }
    n += snprintf(out + n, sizeof out - (size_t)n, " de=%s\n", from->name);
    if (from->peer && n < (int)sizeof out)
        net_send(&from->peer->conn, out, (size_t)n);
}

static void invite(struct member *m, const char *line, const char *verb)
{
    struct text call = wire_key(line, "chamada");
    struct member *callee = find(wire_key(line, "para"));
    if (!callee || callee->peer || m->peer)
        return;
    m->peer = callee;
    callee->peer = m;
    hand_on(m, line, verb);
    credentials(m, call, 'a');
    credentials(callee, call, 'b');
}

/* Tells everybody at once; a registry would gather first. */
static void change(struct member *m, const char *line)
{
    static long revision;
    struct text state = wire_key(line, "estado");
    char out[200];
    int n = snprintf(out, sizeof out, "TABELA-MUDOU 0 rev=%ld nome=%s estado=%.*s\n", ++revision, m->name,
                     (int)state.len, state.at);
    for (int i = 0; i < BUCKETS; i++)
        for (struct member *each = table[i]; each; each = each->next)
            net_send(&each->conn, out, (size_t)n);
}

static void obey(struct member *m, char *line)
{
    char verb[40], seq[12], out[64];
    if (sscanf(line, "%39s %11s", verb, seq) != 2)
        return;
    if (!strcmp(verb, "PEDIDO-CONSULTA"))
        look_up(m, line, seq);
    else if (!strcmp(verb, "CONVITE"))
        invite(m, line, verb);
    else if (!strcmp(verb, "PEDIDO-REGISTRO"))
        join(m, line, seq);
    else if (!strcmp(verb, "ESTADO"))
        change(m, line);
    else if (!strcmp(verb, "VIVO"))
        net_send(&m->conn, out, (size_t)snprintf(out, sizeof out, "VIVO-OK %s t=1\n", seq));
    else if (!strcmp(verb, "PEDIDO-ENCERRAMENTO")) {
        static const char bye[] = "ENCERRADO 0 codigo=pedido motivo=pedido\n";
        net_send(&m->conn, bye, sizeof bye - 1);
    } else
        hand_on(m, line, verb);
    if (!strcmp(verb, "ENCERRAR-LIGACAO") && m->peer) {
        m->peer->peer = NULL;
        m->peer = NULL;
    }
}

static size_t consume(struct conn *c, char *data, size_t len)
{
    char *at = data, *end;
    while ((end = memchr(at, '\n', (size_t)(data + len - at)))) {
        *end = 0;
        obey((struct member *)c, at);
        at = end + 1;
    }
    return (size_t)(at - data);
}

static void closed(struct conn *c) { bury((struct member *)c); }

static void welcome(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct member *m = calloc(1, sizeof *m);
        net_adopt(&m->conn, fd);
    }
}

static void mourn(void)
{
    while (graves) {
        struct member *m = graves;
        graves = m->grave;
        free(m);
    }
}

static SSL_CTX *server_context(const char *certificate, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
    if (SSL_CTX_use_certificate_file(tls, certificate, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "yardstick: certificate or key cannot be read\n");
        exit(1);
    }
    return tls;
}

int main(int argc, char **argv)
{
    static const struct net_events events = {opened, consume, closed};
    struct epoll_event ready[512];
    int port = 0, listener = net_listen(&port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    net_init(&events, argc == 3 ? server_context(argv[1], argv[2]) : NULL);
    epoll_ctl(net_epoll(), EPOLL_CTL_ADD, listener, &event);
    printf("%d\n", port);
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(net_epoll(), ready, 512, -1);
        for (int i = 0; i < n; i++)
            if (ready[i].data.ptr)
                net_event(ready[i].data.ptr, ready[i].events);
            else
                welcome(listener);
        net_flush();
        mourn();
    }
}
