/* The yardstick of the relay bench: the least that a relay on one port can do, in C.
 *
 * A datagram that starts with FE and four bytes of number joins its source to the other source that sent the same
 * number, and is answered with itself; anything else goes to the source that it is joined to, unlooked at.
 * Usage: yardstick PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 256
#define SLOT 2048
#define TABLE (1 << 16)

static struct sockaddr_in peer_of[TABLE]; /* by the source's port: one host, as the bench has it */
static struct sockaddr_in first[TABLE];
static unsigned char buffers[BATCH][SLOT];
static struct sockaddr_in names[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr in[BATCH], out[BATCH];

static void join(const unsigned char *data, const struct sockaddr_in *source)
{
    uint32_t number;
    memcpy(&number, data + 1, 4);
    number %= TABLE;
    if (!first[number].sin_port || first[number].sin_port == source->sin_port) {
        first[number] = *source;
        return;
    }
    peer_of[ntohs(source->sin_port)] = first[number];
    peer_of[ntohs(first[number].sin_port)] = *source;
}

int main(int argc, char **argv)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&here, sizeof here))
        return 1;
    for (int i = 0; i < BATCH; i++) {
        vectors[i].iov_base = buffers[i];
        in[i].msg_hdr.msg_iov = &vectors[i];
        in[i].msg_hdr.msg_iovlen = 1;
        in[i].msg_hdr.msg_name = &names[i];
    }
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            vectors[i].iov_len = SLOT;
            in[i].msg_hdr.msg_namelen = sizeof names[i];
        }
        int count = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL), going = 0;
        for (int i = 0; i < count; i++) {
            vectors[i].iov_len = in[i].msg_len;
            if (buffers[i][0] == 0xFE && in[i].msg_len == 5) {
                join(buffers[i], &names[i]);
            } else {
                struct sockaddr_in *peer = &peer_of[ntohs(names[i].sin_port)];
                if (!peer->sin_port)
                    continue;
                names[i] = *peer;
            }
            out[going++] = in[i];
        }
        for (int done = 0; done < going;) {
            int sent = sendmmsg(fd, out + done, going - done, 0);
            done += sent > 0 ? sent : 1;
        }
    }
}
