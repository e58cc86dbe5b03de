/* The project's own protocol: real Ed25519 registrations over the TLS exporter (or the plain challenge), and
 * look-ups, calls and presence as the protocol's page has them. The call lines carry fields of the true
 * length; their signatures are random bytes, because the registry cannot and must not judge them. */
#include "load.h"
#include "wire.h"

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char CANDIDATES[] = "192.168.1.10@40000@host,203.0.113.9@40001@refl,198.51.100.7@40002@rele";

struct identity {
    EVP_PKEY *key;
    unsigned char raw[32];
    char chave[44], name[16], chamada[23];
    size_t name_len;
};

enum { CALLED = 1, RANG, ACCEPTED, KEYED };

static struct identity *own(struct user *u) { return u->own; }

static void make(struct user *u)
{
    struct identity *id = u->own = calloc(1, sizeof *id);
    unsigned char seed[32];
    char text[32];
    size_t size = sizeof id->raw;
    int n = snprintf(text, sizeof text, "sala bench user %d", u->index);
    SHA256((unsigned char *)text, (size_t)n, seed);
    id->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    EVP_PKEY_get_raw_public_key(id->key, id->raw, &size);
    wire_b64(id->raw, sizeof id->raw, id->chave);
    id->name_len = (size_t)snprintf(id->name, sizeof id->name, "u%05d", u->index);
}

static void opened(struct user *u) { (void)u; /* the registry speaks first */ }

static void enter(struct user *u, const char *line)
{
    struct identity *id = own(u);
    unsigned char binding[32], message[256], sig[64];
    char sig_text[90], out[400];
    size_t size = sizeof sig;
    int local = !u->conn.tls;
    if (local ? !wire_unb64(wire_key(line, "desafio"), binding, 32) : !wire_exporter(u->conn.tls, binding)) {
        load_wrong(u, "no binding", line, strlen(line));
        return;
    }
    size_t len = wire_login(message, local, binding, (struct text){id->name, id->name_len}, id->raw);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestSignInit(digest, NULL, NULL, NULL, id->key);
    EVP_DigestSign(digest, sig, &size, message, len);
    EVP_MD_CTX_free(digest);
    wire_b64(sig, sizeof sig, sig_text);
    int n = snprintf(out, sizeof out, "PEDIDO-REGISTRO %u nome=%s chave=%s sig=%s versao=1\n", ++u->seq, id->name,
                     id->chave, sig_text);
    load_send(u, out, (size_t)n);
}

static void ask(struct user *u, struct user *target)
{
    char out[80];
    u->seq = u->seq % 999999 + 1;
    load_send(u, out, (size_t)snprintf(out, sizeof out, "PEDIDO-CONSULTA %u nome=%s\n", u->seq, own(target)->name));
}

static void told(struct user *u, const char *line)
{
    struct identity *id = own(load_user(u->target));
    int right = u->asked > 0 && (uint32_t)strtoul(line + 22, NULL, 10) == u->seq &&
                wire_is(wire_key(line, "nome"), id->name, id->name_len) &&
                wire_is(wire_key(line, "chave"), id->chave, 43) && wire_key(line, "estado").len > 0;
    if (!right)
        load_wrong(u, "look-up", line, strlen(line));
    load_answered(u, 1); /* a wrong one was counted just above */
}

static void call(struct user *u)
{
    struct identity *id = own(u);
    unsigned char chamada[16], sig[64];
    char compromisso[44], sig_text[90], out[500];
    RAND_bytes(chamada, sizeof chamada);
    RAND_bytes(sig, sizeof sig);
    wire_b64(chamada, sizeof chamada, id->chamada);
    wire_b64(sig, sizeof sig, sig_text);
    wire_b64(sig, 32, compromisso);
    u->seq = u->seq % 999999 + 1;
    int n = snprintf(out, sizeof out, "CONVITE %u chamada=%s para=%s compromisso=%s hora=%ld sig=%s\n", u->seq,
                     id->chamada, own(u->peer)->name, compromisso, (long)time(NULL), sig_text);
    load_send(u, out, (size_t)n);
}

/* TOCANDO, CONVITE-ACEITO, CHAVE and ENCERRAR-LIGACAO, from either side. */
static int call_line(struct user *u, char *out, size_t room, const char *verb, const char *tail)
{
    struct user *caller = u->index % 2 ? u->peer : u;
    u->seq = u->seq % 999999 + 1;
    return snprintf(out, room, "%s %u chamada=%s%s\n", verb, u->seq, own(caller)->chamada, tail);
}

static void keys_line(struct user *u, const char *verb, void (*send)(struct user *, const char *, size_t))
{
    unsigned char sig[64];
    char sig_text[90], efemera[44], tail[400], out[500];
    RAND_bytes(sig, sizeof sig);
    wire_b64(sig, sizeof sig, sig_text);
    wire_b64(sig, 32, efemera);
    snprintf(tail, sizeof tail, " efemera=%s candidatos=%s sig=%s", efemera, CANDIDATES, sig_text);
    send(u, out, (size_t)call_line(u, out, sizeof out, verb, tail));
}

/* The handed-on line is of this call and names the other side. */
static int of_call(struct user *u, const char *line)
{
    struct user *caller = u->index % 2 ? u->peer : u;
    return u->peer && wire_is(wire_key(line, "chamada"), own(caller)->chamada, 22) &&
           wire_is(wire_key(line, "de"), own(u->peer)->name, own(u->peer)->name_len);
}

static void on_convite(struct user *u, const char *line)
{
    char out[100];
    (void)line;
    load_send(u, out, (size_t)call_line(u, out, sizeof out, "TOCANDO", ""));
    keys_line(u, "CONVITE-ACEITO", load_send_later);
    u->step = RANG;
}

static void on_tocando(struct user *u, const char *line)
{
    (void)line;
    u->step = RANG;
}

static void on_aceito(struct user *u, const char *line)
{
    (void)line;
    if (u->step != RANG)
        load_wrong(u, "accepted before it rang", line, strlen(line));
    keys_line(u, "CHAVE", load_send);
    u->step = ACCEPTED;
}

static void on_chave(struct user *u, const char *line)
{
    char out[100];
    (void)line;
    load_established(u->peer);
    load_send_later(u, out, (size_t)call_line(u, out, sizeof out, "ENCERRAR-LIGACAO", " codigo=normal"));
    u->step = KEYED;
}

static void on_encerrar(struct user *u, const char *line)
{
    if (u->step != ACCEPTED || u->peer->step != KEYED)
        load_wrong(u, "ended too early", line, strlen(line));
    load_call_over(u);
}

static void on_ligacao(struct user *u, const char *line)
{
    if (!wire_key(line, "usuario").len || !wire_key(line, "senha").len || !wire_key(line, "reles").len)
        load_wrong(u, "LIGACAO", line, strlen(line));
}

static void on_mudou(struct user *u, const char *line)
{
    (void)line;
    load_pushed(u, 1);
}

static void nothing(struct user *u, const char *line)
{
    (void)u;
    (void)line;
}

static void registered(struct user *u, const char *line)
{
    if (!wire_is(wire_key(line, "nome"), own(u)->name, own(u)->name_len))
        load_wrong(u, "registration", line, strlen(line));
    load_ready(u);
}

static void ended(struct user *u, const char *line)
{
    if (strstr(line, "codigo=pedido"))
        load_left(u);
    else
        load_wrong(u, "thrown out", line, strlen(line));
}

static const struct reaction {
    const char *verb;
    void (*react)(struct user *, const char *line);
    int handed_on;
} REACTIONS[] = {
    {"CONSULTA-BEM-SUCEDIDA", told, 0},
    {"TABELA-MUDOU", on_mudou, 0},
    {"CONVITE", on_convite, 1},
    {"TOCANDO", on_tocando, 1},
    {"CONVITE-ACEITO", on_aceito, 1},
    {"CHAVE", on_chave, 1},
    {"ENCERRAR-LIGACAO", on_encerrar, 1},
    {"LIGACAO", on_ligacao, 0},
    {"OLA", enter, 0},
    {"REGISTRO-BEM-SUCEDIDO", registered, 0},
    {"ENCERRADO", ended, 0},
    {"VIVO-OK", nothing, 0},
    {"TABELA-INICIO", nothing, 0},
    {"TABELA-LINHA", nothing, 0},
    {"TABELA-FIM", nothing, 0},
    {"AVISO", nothing, 0},
};

static void react(struct user *u, const char *line)
{
    size_t verb = strcspn(line, " ");
    for (size_t i = 0; i < sizeof REACTIONS / sizeof *REACTIONS; i++) {
        const struct reaction *r = &REACTIONS[i];
        if (strncmp(line, r->verb, verb) || r->verb[verb])
            continue;
        if (r->handed_on && !of_call(u, line))
            load_wrong(u, "handed-on line", line, strlen(line));
        else
            r->react(u, line);
        return;
    }
    load_wrong(u, "unexpected", line, strlen(line)); /* ERRO, REGISTRO-MAL-SUCEDIDO, CONVITE-REJEITADO … */
}

static size_t consume(struct user *u, char *data, size_t len)
{
    char *at = data, *end;
    while ((end = memchr(at, '\n', (size_t)(data + len - at)))) {
        *end = 0;
        react(u, at);
        if (u->conn.state != CONN_OPEN)
            return len;
        at = end + 1;
    }
    return (size_t)(at - data);
}

static void alive(struct user *u)
{
    char out[40];
    u->seq = u->seq % 999999 + 1;
    load_send(u, out, (size_t)snprintf(out, sizeof out, "VIVO %u t=1\n", u->seq));
}

static void leave(struct user *u)
{
    char out[40];
    load_send(u, out, (size_t)snprintf(out, sizeof out, "PEDIDO-ENCERRAMENTO %u\n", ++u->seq));
}

static void change(struct user *u, int value)
{
    char out[40];
    u->seq = u->seq % 999999 + 1;
    load_send(u, out,
              (size_t)snprintf(out, sizeof out, "ESTADO %u estado=%s\n", u->seq, value ? "ausente" : "livre"));
}

const struct driver sala_driver = {"sala", make, opened, consume, ask, call, alive, leave, change};
