/* The load of the relay bench: voice on many sockets, paced, each packet stamped; counts what comes out.
 *
 * A delay is from the moment before send() to the moment when the kernel puts the packet into the receiver's
 * socket: how late this program looks there is not the server's doing. Nor is a pause of this program itself
 * (a neighbour, the machine's host): what it should have sent meanwhile is skipped and counted, never sent in
 * one heap, as many people who do not know of each other never would.
 *
 * The sockets are made and set up by the parent and inherited. Standard input names the flows, one a line:
 *     SEND_FD PREFIX_HEX RECEIVE_FD SKIP
 * (each flow sends PREFIX + payload on SEND_FD; the payload arrives on RECEIVE_FD behind SKIP bytes), and then
 * one line "go WARM SECONDS SIZE". Answer, one line: sent received skipped p50_us p99_us p9999_us.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FLOWS 16384
#define INTERVAL 20000000LL /* ns between two packets of a flow */
#define SLOTS 20000         /* histogram: 10 us each, 200 ms in all */
#define AT_ONCE 8           /* packets that one look takes */
#define LATE 2000000LL      /* ns that this program may be late and still send all that is due */

struct flow {
    int send_fd, receive_fd, prefix_size, skip;
    uint16_t sequence;
    unsigned char prefix[8];
};

static struct flow flows[MAX_FLOWS];
static long histogram[SLOTS];
static long long measure_from, measure_until;
static long sent, received, skipped;

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t); /* the clock of the kernel's stamps */
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void send_one(struct flow *f, unsigned index, int size)
{
    unsigned char packet[600];
    long long stamp = now_ns();
    int at = f->prefix_size;
    memcpy(packet, f->prefix, at);
    unsigned char *rtp = packet + at;
    memset(rtp, 0, size);
    rtp[0] = 0x80;
    rtp[1] = 0; /* PCMU: what rtpengine was told */
    rtp[2] = f->sequence >> 8;
    rtp[3] = f->sequence & 255;
    f->sequence++;
    uint32_t timestamp = f->sequence * 160u, ssrc = 0x1000 + index;
    for (int i = 0; i < 4; i++) {
        rtp[4 + i] = timestamp >> (24 - 8 * i);
        rtp[8 + i] = ssrc >> (24 - 8 * i);
    }
    memcpy(rtp + 12, &stamp, 8);
    ssize_t done = send(f->send_fd, packet, at + size, MSG_DONTWAIT);
    if (stamp >= measure_from && stamp < measure_until && done > 0)
        sent++;
}

/* When the kernel had the packet; 0 if it does not say. */
static long long arrival(struct msghdr *header)
{
    for (struct cmsghdr *said = CMSG_FIRSTHDR(header); said; said = CMSG_NXTHDR(header, said))
        if (said->cmsg_level == SOL_SOCKET && said->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(said), sizeof t);
            return t.tv_sec * 1000000000LL + t.tv_nsec;
        }
    return 0;
}

/* Takes what has come for a flow. It is looked for just before the flow sends again: a receiver that waited to be
 * woken for every packet would let the server pay for that. */
static void receive_all(const struct flow *f)
{
    static unsigned char packets[AT_ONCE][2048];
    static _Alignas(struct cmsghdr) char controls[AT_ONCE][64];
    struct iovec vectors[AT_ONCE];
    struct mmsghdr headers[AT_ONCE] = {0};
    for (int i = 0; i < AT_ONCE; i++) {
        vectors[i] = (struct iovec){packets[i], sizeof packets[i]};
        headers[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = controls[i],
                                             .msg_controllen = sizeof controls[i]};
    }
    int count = recvmmsg(f->receive_fd, headers, AT_ONCE, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        unsigned char *rtp = packets[i] + f->skip;
        if ((int)headers[i].msg_len < f->skip + 20 || rtp[0] != 0x80)
            continue; /* STUN, RTCP: not ours to count */
        long long stamp;
        memcpy(&stamp, rtp + 12, 8);
        if (stamp < measure_from || stamp >= measure_until)
            continue;
        long long came = arrival(&headers[i].msg_hdr);
        long slot = ((came ? came : now_ns()) - stamp) / 10000;
        histogram[slot < 0 ? 0 : slot >= SLOTS ? SLOTS - 1 : slot]++;
        received++;
    }
}

static double percentile(double part)
{
    long wanted = (long)(received * part), seen = 0;
    for (int i = 0; i < SLOTS; i++) {
        seen += histogram[i];
        if (seen > wanted)
            return i * 10.0 + 5;
    }
    return SLOTS * 10.0;
}

static int read_flows(double *warm, double *seconds, int *size)
{
    char line[256], hex[64];
    int count = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "go %lf %lf %d", warm, seconds, size) == 3)
            return count;
        struct flow *f = &flows[count++];
        if (count > MAX_FLOWS || sscanf(line, "%d %63s %d %d", &f->send_fd, hex, &f->receive_fd, &f->skip) != 4)
            exit(2);
        f->prefix_size = hex[0] == '-' ? 0 : (int)strlen(hex) / 2;
        for (int i = 0; i < f->prefix_size && i < 8; i++) {
            unsigned byte;
            sscanf(hex + 2 * i, "%2x", &byte);
            f->prefix[i] = byte;
        }
    }
    exit(2);
}

int main(void)
{
    double warm, seconds;
    int size, count = read_flows(&warm, &seconds, &size);
    for (int i = 0; i < count; i++) {
        int yes = 1;
        setsockopt(flows[i].receive_fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    }
    long long begin = now_ns(), step = INTERVAL / count, due = begin;
    measure_from = begin + (long long)(warm * 1e9);
    measure_until = measure_from + (long long)(seconds * 1e9);
    long long end = measure_until + 300000000LL;
    unsigned next = 0;
    int told_from = 0, told_until = 0;
    for (;;) {
        long long now = now_ns();
        if (now >= end)
            break;
        if (!told_from && now >= measure_from)
            told_from = printf("from\n"), fflush(stdout);
        if (!told_until && now >= measure_until)
            told_until = printf("until\n"), fflush(stdout);
        for (; now - due > LATE && due < measure_until; due += step, next++)
            skipped += due >= measure_from;
        for (int burst = 0; due <= now && due < measure_until && burst < 64; burst++, next++, due += step) {
            receive_all(&flows[next % count]);
            send_one(&flows[next % count], next % count, size);
        }
        if (due >= measure_until)
            receive_all(&flows[next++ % count]);
    }
    printf("%ld %ld %ld %.0f %.0f %.0f\n", sent, received, skipped, percentile(0.5), percentile(0.99),
           percentile(0.9999));
    return 0;
}
