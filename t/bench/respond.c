/*
 * respond.c - the least that a server can do: a fixed answer to whatever comes in, on one core,
 * to see how fast bench_load is. Prints its port, and ends with its input.
 *
 *     bench_respond LENGTH     bytes of the body
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int watch(int poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror("bench_respond");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void answer(int fd, const char *text, size_t length)
{
    char request[65536];

    if (recv(fd, request, sizeof(request), 0) <= 0
        || send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length) {
        close(fd);
    }
}

static void serve(const char *text, size_t length)
{
    int listener = listen_somewhere(), poller = epoll_create1(0), i, n;
    struct epoll_event events[64];

    watch(poller, listener);
    watch(poller, STDIN_FILENO);
    for (;;) {
        n = epoll_wait(poller, events, 64, -1);
        for (i = 0; i < n; i++) {
            if (events[i].data.fd == STDIN_FILENO) {
                return;
            }
            if (events[i].data.fd == listener) {
                watch(poller, accept(listener, NULL, NULL));
            } else {
                answer(events[i].data.fd, text, length);
            }
        }
    }
}

int main(int argc, char **argv)
{
    size_t body = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, head;
    char *text = calloc(1, body + 200);

    if (!text) {
        return 1;
    }
    head = (size_t)sprintf(text,
                           "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           body);
    memset(text + head, ' ', body);
    serve(text, head + body);
    return 0;
}
