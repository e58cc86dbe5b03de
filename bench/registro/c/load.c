/* load PROTOCOL PORT plain|tls
 *
 * Reads commands on standard input, one a line, and answers each with one line of JSON when it is done:
 *
 *     connect N WINDOW      N more users connect and register, WINDOW at a time
 *     lookup SECONDS        every user asks, one question under way each; the rate is what the server does
 *     call SECONDS          users 2i and 2i+1 call each other, again and again
 *     rate SECONDS CALLS    CALLS a second are begun by pairs in turn, whatever the server does
 *     join SECONDS WINDOW   new connections register and leave again, WINDOW under way
 *     change N MS           user 0 changes its presence N times, every MS milliseconds
 *     quit
 *
 * Between commands it keeps its users alive and reads what is pushed to them. */
#include "load.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_USERS 30000
#define MAX_SAMPLES 4000000
#define KEEP_ALIVE 20.0
#define GRACE 5.0
#define RAMP 100

enum task { IDLE, CONNECT, LOOKUP, CALL, RATE, JOIN, CHANGE };

int load_port;
static const struct driver *driver;
static struct user *users[MAX_USERS];
static int made, wanted, window, under_way, asked_first, greeted, next_pair, changes_left, change_value;
static enum task task;
static double began, ends, step, next_at, next_alive;
static long done, wrong, pushes, bytes_in, lost_count, skipped;
static char first_wrong[400];
static float *samples;
static long samples_len;

struct later {
    struct user *user;
    size_t len;
    char data[2048];
};
static struct later *later;
static size_t later_len, later_cap;

struct user *load_user(int index) { return users[index]; }

void load_send(struct user *u, const char *data, size_t len)
{
    u->last_sent = net_now();
    net_send(&u->conn, data, len);
}

void load_send_later(struct user *u, const char *data, size_t len)
{
    if (later_len == later_cap) {
        later_cap = later_cap ? later_cap * 2 : 64;
        later = realloc(later, later_cap * sizeof *later);
    }
    later[later_len].user = u;
    later[later_len].len = len;
    memcpy(later[later_len++].data, data, len);
}

static void send_later_ones(void)
{
    size_t n = later_len;
    for (size_t i = 0; i < n; i++)
        load_send(later[i].user, later[i].data, later[i].len);
    later_len = 0;
}

void load_wrong(struct user *u, const char *what, const char *data, size_t len)
{
    if (!wrong++)
        snprintf(first_wrong, sizeof first_wrong, "user %d: %s: %.*s", u->index, what, (int)(len > 240 ? 240 : len),
                 data);
}

void load_pushed(struct user *u, int changes)
{
    (void)u;
    pushes += changes;
}

/* Reports ----------------------------------------------------------------------------------------- */

static void sample(double seconds)
{
    if (samples_len < MAX_SAMPLES)
        samples[samples_len++] = (float)(seconds * 1e3);
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(double q) { return samples_len ? samples[(long)(q * (double)(samples_len - 1))] : 0; }

static void print_text(const char *s)
{
    for (; *s; s++)
        if (*s == '"' || *s == '\\')
            printf("\\%c", *s);
        else
            putchar((unsigned char)*s < 32 || (unsigned char)*s > 126 ? ' ' : *s);
}

static void report(void)
{
    qsort(samples, (size_t)samples_len, sizeof *samples, by_size);
    printf("{\"done\": %ld, \"seconds\": %.6f, \"wrong\": %ld, \"lost\": %ld, \"skipped\": %ld, \"pushes\": %ld, "
           "\"bytes\": %ld, \"users\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"first_wrong\": \"",
           done, net_now() - began, wrong, lost_count, skipped, pushes, bytes_in, made, quantile(0.5),
           quantile(0.99), quantile(1));
    print_text(first_wrong);
    printf("\"}\n");
    fflush(stdout);
    task = IDLE;
}

/* Users ------------------------------------------------------------------------------------------- */

static void begin_user(int index)
{
    struct user *u = users[index];
    if (!u) {
        u = users[index] = calloc(1, sizeof *u);
        u->index = index;
        driver->make(u);
    }
    u->ready = 0;
    u->seq = 0;
    u->last_sent = u->called = net_now();
    under_way++;
    if (net_connect(&u->conn, load_port) < 0) {
        under_way--;
        lost_count++;
        load_wrong(u, "no connection", "", 0);
    }
}

static void connect_more(void)
{
    while (made < wanted && under_way < window)
        begin_user(made++);
    if (made == wanted && !under_way)
        report();
}

static void join_more(void)
{
    while (net_now() < ends && under_way < window)
        begin_user(next_pair++ % wanted);
    if (!under_way)
        report();
}

void load_ready(struct user *u)
{
    u->ready = 1;
    sample(net_now() - u->called);
    done++;
    if (task == JOIN) {
        driver->leave(u);
        return;
    }
    under_way--;
    if (task == CONNECT)
        connect_more();
}

void load_left(struct user *u)
{
    u->ready = 0;
    net_close(&u->conn);
    under_way--;
}

static void opened(struct conn *c) { driver->opened((struct user *)c); }

static size_t consume(struct conn *c, char *data, size_t len)
{
    size_t took = driver->consume((struct user *)c, data, len);
    bytes_in += (long)took;
    return took;
}

static void closed(struct conn *c)
{
    struct user *u = (struct user *)c;
    lost_count++;
    load_wrong(u, "connection lost", "", 0);
    if (!u->ready)
        under_way--;
    u->ready = 0;
}

/* Look-ups and calls ------------------------------------------------------------------------------ */

static void ask(struct user *u)
{
    u->target = (int)(((unsigned)u->target * 1103515245u + 12345u + (unsigned)u->index) % (unsigned)made);
    u->asked = net_now();
    driver->ask(u, users[u->target]);
}

void load_answered(struct user *u, int right)
{
    double now = net_now();
    if (!right)
        wrong++;
    done++;
    sample(now - u->asked);
    u->asked = 0;
    greeted += !u->rounds++;
    if (task == LOOKUP && now < ends)
        ask(u);
    else
        under_way--;
}

static void call(struct user *u)
{
    struct user *v = users[u->index + 1];
    u->peer = v;
    v->peer = u;
    u->called = net_now();
    u->step = v->step = 1;
    u->serial++;
    under_way++;
    driver->call(u);
}

void load_established(struct user *caller) { sample(net_now() - caller->called); }

void load_call_over(struct user *caller)
{
    caller->step = caller->peer->step = 0;
    done++;
    under_way--;
    if (task == CALL && net_now() < ends)
        call(caller);
}

static void call_in_turn(double now)
{
    while (next_at <= now && now < ends) {
        struct user *u = users[next_pair * 2 % (made & ~1)];
        next_pair++;
        next_at += step;
        if (u->step || !u->ready || !users[u->index + 1]->ready)
            skipped++;
        else
            call(u);
    }
}

static void change_in_turn(double now)
{
    while (changes_left && next_at <= now) {
        next_at += step;
        changes_left--;
        done++;
        driver->change(users[0], change_value ^= 1);
    }
}

/* At most RAMP users wait for the first answer of a round: a thousand connections that wake at once overrun
 * Kamailio's queue between its processes, and it then closes some. */
static void ask_first(void)
{
    for (; asked_first < made && asked_first - greeted < RAMP; asked_first++) {
        struct user *u = users[asked_first];
        u->rounds = 0;
        if (u->ready) {
            under_way++;
            ask(u);
        } else
            greeted++;
    }
}

static void keep_alive(double now)
{
    next_alive = now + 1;
    for (int i = 0; i < made; i++)
        if (users[i] && users[i]->ready && now - users[i]->last_sent > KEEP_ALIVE)
            driver->alive(users[i]);
}

/* The present task's own clock; a task that hears nothing is given up after a grace. */
static void tick(void)
{
    double now = net_now();
    if (now > next_alive)
        keep_alive(now);
    if (task == JOIN)
        join_more();
    if (task == LOOKUP && asked_first < made)
        ask_first();
    if (task == RATE)
        call_in_turn(now);
    if (task == CHANGE)
        change_in_turn(now);
    if (task == CHANGE ? !changes_left && now > next_at : (task == LOOKUP || task == CALL || task == RATE) &&
                                                              now > ends && (!under_way || now > ends + GRACE)) {
        wrong += task == CHANGE ? 0 : under_way;
        report();
    }
    if (task == CONNECT && now > ends) {
        load_wrong(users[0], "time is over", "", 0);
        report();
    }
}

/* Commands ---------------------------------------------------------------------------------------- */

static void start(enum task what, double seconds)
{
    task = what;
    began = net_now();
    ends = began + seconds;
    done = wrong = pushes = bytes_in = lost_count = skipped = 0;
    samples_len = 0;
    first_wrong[0] = 0;
    under_way = 0;
}

static void start_calls(void)
{
    for (int i = 0; i + 1 < made; i += 2)
        call(users[i]);
}

static int command(const char *line)
{
    double a = 0, b = 0;
    char word[16] = "";
    if (sscanf(line, "%15s %lf %lf", word, &a, &b) < 1 || !strcmp(word, "quit"))
        return 0;
    if (!strcmp(word, "connect")) {
        start(CONNECT, 120);
        wanted = made + (int)a > MAX_USERS ? MAX_USERS : made + (int)a;
        window = (int)b;
        connect_more();
    } else if (!strcmp(word, "lookup")) {
        start(LOOKUP, a);
        asked_first = greeted = 0;
    } else if (!strcmp(word, "call")) {
        start(CALL, a);
        start_calls();
    } else if (!strcmp(word, "rate")) {
        start(RATE, a);
        step = 1 / b;
        next_at = began;
    } else if (!strcmp(word, "join")) {
        start(JOIN, a);
        wanted = 1000;
        window = (int)b;
    } else if (!strcmp(word, "change")) {
        start(CHANGE, 0);
        changes_left = (int)a;
        step = b / 1e3;
        next_at = began;
    } else
        return 0;
    return 1;
}

static int commands(void)
{
    static char held[256];
    static size_t len;
    ssize_t n = read(0, held + len, sizeof held - 1 - len);
    char *end;
    if (n <= 0)
        return n < 0;
    len += (size_t)n;
    held[len] = 0;
    while ((end = strchr(held, '\n'))) {
        *end = 0;
        if (!command(held))
            return 0;
        len -= (size_t)(end + 1 - held);
        memmove(held, end + 1, len + 1);
    }
    return 1;
}

static int patience(void)
{
    double until = task == RATE || task == CHANGE ? next_at - net_now() : 0.02;
    if (later_len)
        return 0;
    return until <= 0 ? 0 : (int)ceil(until < 0.02 ? until * 1e3 : 20);
}

static const struct driver *chosen(const char *name)
{
    const struct driver *all[] = {&sala_driver, &sip_driver, &mumble_driver};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, name))
            return all[i];
    fprintf(stderr, "load: unknown protocol %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct net_events events = {opened, consume, closed};
    struct epoll_event ready[512], input = {.events = EPOLLIN, .data.ptr = NULL};
    if (argc != 4) {
        fprintf(stderr, "usage: load sala|sip|mumble PORT plain|tls\n");
        return 2;
    }
    driver = chosen(argv[1]);
    load_port = atoi(argv[2]);
    samples = malloc(MAX_SAMPLES * sizeof *samples);
    net_init(&events, strcmp(argv[3], "tls") ? NULL : SSL_CTX_new(TLS_client_method()));
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    fcntl(0, F_SETFL, O_NONBLOCK);
    epoll_ctl(net_epoll(), EPOLL_CTL_ADD, 0, &input);
    for (;;) {
        int n = epoll_wait(net_epoll(), ready, 512, patience());
        send_later_ones();
        for (int i = 0; i < n; i++)
            if (ready[i].data.ptr)
                net_event(ready[i].data.ptr, ready[i].events);
            else if (!commands())
                return 0;
        tick();
        net_flush();
    }
}
