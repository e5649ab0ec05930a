/*
 * load.c - keeps connections to a server busy with requests, and prints how that went.
 *
 *     bench_load --port N [--connections N] [--requests N | --seconds S] [--first N]
 *         [--header 'Name: value'] [--values FILE] [--pages SIZE:TOTAL] [--slice N]
 *         --request 'METHOD PATH' [--body FILE] [--item FILE --items N] [--status N] ...
 *
 * Several --request make a turn: each connection sends them one after the other, with the same
 * number. Paths and bodies are templates, see text.h. With --slice the seconds that every so
 * many turns took are printed too. The output is JSON: times in microseconds, `cpu` the seconds
 * that this program was busy itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "text.h"

#define MAX_STEPS 8
#define MAX_SLICES 100000

typedef struct step_t {
    const char *method, *path, *body, *item;
    unsigned long items;
    int status;
} step_t;

typedef struct connection_t {
    int fd, step;
    text_t out, in, body, next;
    size_t sent;
    unsigned long number;
    uint64_t begun;
} connection_t;

static step_t steps[MAX_STEPS];
static int step_count;
static struct sockaddr_in address = {.sin_family = AF_INET};
static text_t headers;
static turn_t shape = {.page = 1, .total = 1};
static unsigned long wanted, started, finished, first, errors, slice, slice_count, responses;
static unsigned long long bytes;
static double seconds, slices[MAX_SLICES];
static uint64_t start_time, slice_time;
static histogram_t histogram;
static text_t problem;
static int poller;

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- requests -------------------------------------------------------------- */

static void watch(connection_t *c, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (epoll_ctl(poller, operation, c->fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void open_connection(connection_t *c)
{
    int on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        die("connect");
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void send_some(connection_t *c)
{
    while (c->sent < c->out.length) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.length - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0) {
            return; /* reading will tell */
        }
        c->sent += (size_t)n;
    }
}

static void make_request(connection_t *c)
{
    const step_t *step = &steps[c->step];
    turn_t turn = shape;
    char line[64];

    turn.number = c->number;
    turn.next = c->next.data;
    turn.item = step->item;
    turn.items = step->items;
    c->out.length = c->body.length = 0;
    text_puts(&c->out, step->method);
    text_puts(&c->out, " ");
    text_fill(&c->out, step->path, &turn);
    text_puts(&c->out, " HTTP/1.1\r\n");
    text_add(&c->out, headers.data, headers.length);
    if (step->body) {
        text_fill(&c->body, step->body, &turn);
        snprintf(line, sizeof(line), "Content-Length: %zu\r\n", c->body.length);
        text_puts(&c->out, line);
    }
    text_puts(&c->out, "\r\n");
    if (step->body) {
        text_add(&c->out, c->body.data, c->body.length);
    }
}

static void send_request(connection_t *c)
{
    make_request(c);
    c->sent = c->in.length = 0;
    c->begun = now();
    send_some(c);
}

static int enough(void)
{
    return wanted ? started >= wanted : (double)(now() - start_time) >= seconds * 1e6;
}

/* Whether there is a next turn. */
static int begin_turn(connection_t *c)
{
    if (enough()) {
        return 0;
    }
    c->number = first + started++;
    c->step = 0;
    send_request(c);
    return 1;
}

/* ---- responses ------------------------------------------------------------- */

static const char *header_of(const text_t *in, const char *name)
{
    size_t length = strlen(name);
    const char *line = in->data;

    while ((line = strstr(line, "\r\n")) && strncmp(line, "\r\n\r\n", 4) != 0) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            line += length + 1;
            return line + strspn(line, " ");
        }
    }
    return NULL;
}

/* The end of a chunked body that begins at `at`; 0 when it has not come. */
static size_t end_of_chunks(const text_t *in, size_t at)
{
    for (;;) {
        const char *line = in->data + at, *end = strstr(line, "\r\n");
        size_t size;

        if (!end) {
            return 0;
        }
        size = strtoul(line, NULL, 16);
        at = (size_t)(end - in->data) + 2 + size + 2;
        if (at > in->length) {
            return 0;
        }
        if (size == 0) {
            return at;
        }
    }
}

/* The length of the response; 0 when it has not come to its end. */
static size_t length_of(const text_t *in, int status)
{
    const char *end = in->length ? strstr(in->data, "\r\n\r\n") : NULL, *value;
    size_t head;

    if (!end) {
        return 0;
    }
    head = (size_t)(end - in->data) + 4;
    if (status == 204 || status == 304) {
        return head;
    }
    value = header_of(in, "Content-Length");
    if (value) {
        head += strtoul(value, NULL, 10);
        return head <= in->length ? head : 0;
    }
    return header_of(in, "Transfer-Encoding") ? end_of_chunks(in, head) : head;
}

static void note_next(connection_t *c)
{
    static const char name[] = "\"nextCursor\":\"";
    const char *at = strstr(c->in.data, name);

    c->next.length = 0;
    if (at) {
        at += sizeof(name) - 1;
        text_add(&c->next, at, strcspn(at, "\""));
    } else {
        text_puts(&c->next, "");
    }
}

static void note_problem(const connection_t *c)
{
    size_t i;

    errors++;
    if (errors > 1) {
        return;
    }
    text_puts(&problem, steps[c->step].method);
    text_puts(&problem, ": ");
    text_add(&problem, c->in.data, c->in.length < 1500 ? c->in.length : 1500);
    for (i = 0; i < problem.length; i++) {
        if (problem.data[i] < ' ' || strchr("\"\\", problem.data[i])) {
            problem.data[i] = ' ';
        }
    }
}

static void end_turn(void)
{
    finished++;
    if (slice && finished % slice == 0 && slice_count < MAX_SLICES) {
        uint64_t time = now();

        slices[slice_count++] = (double)(time - slice_time) / 1e6;
        slice_time = time;
    }
}

/* Returns 0 when nothing is left to do on this connection. */
static int take_response(connection_t *c, int status)
{
    histogram_add(&histogram, now() - c->begun);
    bytes += c->in.length;
    responses++;
    if (status != steps[c->step].status) {
        note_problem(c);
    }
    note_next(c);
    if (header_of(&c->in, "Connection")
        && strncmp(header_of(&c->in, "Connection"), "close", 5) == 0) {
        close(c->fd);
        open_connection(c);
    }
    if (++c->step < step_count) {
        send_request(c);
        return 1;
    }
    end_turn();
    return begin_turn(c);
}

/* A server may close a connection that it has not answered on yet: the request is sent again.
 */
static void reopen(connection_t *c)
{
    if (c->in.length) {
        note_problem(c);
    }
    close(c->fd);
    open_connection(c);
    send_request(c);
}

static int receive(connection_t *c)
{
    ssize_t n = recv(c->fd, text_reserve(&c->in, 65537), 65536, 0);
    int status;

    if (n < 0 && errno == EAGAIN) {
        return 1;
    }
    if (n <= 0) {
        if (++errors > 1000) {
            die("the server closes connections");
        }
        reopen(c);
        return 1;
    }
    c->in.length += (size_t)n;
    c->in.data[c->in.length] = '\0';
    status = c->in.length > 12 ? atoi(c->in.data + 9) : 0;
    return length_of(&c->in, status) ? take_response(c, status) : 1;
}

/* ---- the whole ------------------------------------------------------------- */

static void run(int count)
{
    connection_t *all = calloc((size_t)count, sizeof(*all));
    struct epoll_event events[64];
    int busy = 0, i, n;

    poller = epoll_create1(0);
    start_time = slice_time = now();
    for (i = 0; i < count; i++) {
        open_connection(&all[i]);
        busy += begin_turn(&all[i]);
    }
    while (busy > 0) {
        n = epoll_wait(poller, events, 64, -1);
        for (i = 0; i < n; i++) {
            connection_t *c = events[i].data.ptr;

            if (events[i].events & EPOLLOUT) {
                watch(c, EPOLL_CTL_MOD, EPOLLIN);
                send_some(c);
            }
            if (events[i].events & ~(uint32_t)EPOLLOUT) {
                busy -= !receive(c);
            }
        }
    }
}

static void print(double time)
{
    struct rusage usage;
    unsigned long i;

    getrusage(RUSAGE_SELF, &usage);
    printf("{\"turns\":%lu,\"responses\":%lu,\"errors\":%lu,\"seconds\":%.6f,\"rate\":%.2f,"
           "\"p50\":%llu,\"p90\":%llu,\"p99\":%llu,\"most\":%llu,\"bytes\":%llu,\"cpu\":%.6f,"
           "\"problem\":\"%s\",\"slices\":[",
           finished, responses, errors, time, (double)finished / time,
           (unsigned long long)histogram_share(&histogram, 0.5),
           (unsigned long long)histogram_share(&histogram, 0.9),
           (unsigned long long)histogram_share(&histogram, 0.99),
           (unsigned long long)histogram.most, bytes,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
               + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           problem.data ? problem.data : "");
    for (i = 0; i < slice_count; i++) {
        printf("%s%.6f", i ? "," : "", slices[i]);
    }
    printf("]}\n");
}

static void read_values(const char *file)
{
    text_t text = text_read(file);
    char *state = NULL, *value;
    size_t room = 0;

    for (value = strtok_r(text.data, "\n", &state); value;
         value = strtok_r(NULL, "\n", &state)) {
        if (shape.value_count == room) {
            room = room ? 2 * room : 1024;
            shape.values = realloc(shape.values, room * sizeof(*shape.values));
        }
        shape.values[shape.value_count++] = value;
    }
    if (shape.value_count == 0) {
        fprintf(stderr, "%s is empty\n", file);
        exit(2);
    }
}

static void add_request(char *text)
{
    char *space = strchr(text, ' ');

    if (!space || step_count == MAX_STEPS) {
        fprintf(stderr, "--request '%s'\n", text);
        exit(2);
    }
    *space = '\0';
    steps[step_count++] = (step_t){.method = text, .path = space + 1, .status = 200};
}

static void add_header(const char *line)
{
    text_puts(&headers, line);
    text_puts(&headers, "\r\n");
}

enum {
    CONNECTIONS,
    REQUESTS,
    SECONDS,
    FIRST,
    HEADER,
    VALUES,
    PAGES,
    SLICE,
    REQUEST,
    BODY,
    ITEM,
    ITEMS,
    STATUS,
    PORT
};

static const struct option options[] = {{"connections", 1, NULL, CONNECTIONS},
                                        {"requests", 1, NULL, REQUESTS},
                                        {"seconds", 1, NULL, SECONDS},
                                        {"first", 1, NULL, FIRST},
                                        {"header", 1, NULL, HEADER},
                                        {"values", 1, NULL, VALUES},
                                        {"pages", 1, NULL, PAGES},
                                        {"slice", 1, NULL, SLICE},
                                        {"request", 1, NULL, REQUEST},
                                        {"body", 1, NULL, BODY},
                                        {"item", 1, NULL, ITEM},
                                        {"items", 1, NULL, ITEMS},
                                        {"status", 1, NULL, STATUS},
                                        {"port", 1, NULL, PORT},
                                        {NULL, 0, NULL, 0}};

/* What belongs to the request before. */
static void take_detail(int option)
{
    step_t *step = &steps[step_count - 1];

    if (step_count == 0) {
        fprintf(stderr, "--request comes first\n");
        exit(2);
    }
    switch (option) {
    case BODY:
        step->body = text_read(optarg).data;
        break;
    case ITEM:
        step->item = text_read(optarg).data;
        break;
    case ITEMS:
        step->items = strtoul(optarg, NULL, 10);
        break;
    default:
        step->status = atoi(optarg);
    }
}

static void take(int option, int *connections)
{
    switch (option) {
    case CONNECTIONS:
        *connections = atoi(optarg);
        break;
    case REQUESTS:
        wanted = strtoul(optarg, NULL, 10);
        break;
    case SECONDS:
        seconds = strtod(optarg, NULL);
        break;
    case FIRST:
        first = strtoul(optarg, NULL, 10);
        break;
    case HEADER:
        add_header(optarg);
        break;
    case VALUES:
        read_values(optarg);
        break;
    case PAGES:
        sscanf(optarg, "%lu:%lu", &shape.page, &shape.total);
        break;
    case SLICE:
        slice = strtoul(optarg, NULL, 10);
        break;
    case REQUEST:
        add_request(optarg);
        break;
    case PORT:
        address.sin_port = htons((uint16_t)atoi(optarg));
        break;
    default:
        take_detail(option);
    }
}

int main(int argc, char **argv)
{
    static char none[] = "", *no_values[] = {none};
    int option, connections = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    text_puts(&headers, "");
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?') {
            return 2;
        }
        take(option, &connections);
    }
    if (step_count == 0 || connections < 1 || (!wanted && seconds <= 0) || shape.total == 0) {
        fprintf(stderr, "a --request, and --requests or --seconds\n");
        return 2;
    }
    if (!shape.values) {
        shape.values = no_values;
        shape.value_count = 1;
    }
    run(connections);
    print((double)(now() - start_time) / 1e6);
    return 0;
}
