/* The app inside the tiny test image: one static binary that is its web server and its own health check.
 *
 * GET /         the text of TINY_TEXT
 * GET /headers  the request as it arrived
 * GET /env      the environment
 * GET /health   200, or 500 when TINY_UNHEALTHY is set
 * GET /count    a number that grows by one with each request and is kept in /data
 * GET /exit     ends the server with code 1
 *
 * TINY_PORT     port, default 8080
 * TINY_EXIT     exit at once with this code
 * TINY_SLOW     wait so many seconds before listening
 * TINY_WRITE    first make this file
 * TINY_ERASE    first remove this file
 * TINY_FILL     first write into this file until nothing more fits, and end with code 4
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;
static pid_t server;

static void stop(int signal_number) { (void)signal_number; _exit(0); }
static void fail(int signal_number) { (void)signal_number; _exit(1); }

static int port(void) {
    const char *text = getenv("TINY_PORT");
    return text ? atoi(text) : 8080;
}

static void answer(int client, const char *status, const char *body, size_t length) {
    dprintf(client,
            "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
            status, length);
    while (length > 0) {
        ssize_t written = write(client, body, length);
        if (written <= 0) return;
        body += written;
        length -= (size_t)written;
    }
}

static void count(int client) {
    long number = 0;
    char text[32];
    mkdir("/data", 0755);
    FILE *file = fopen("/data/count", "r");
    if (file) {
        if (fscanf(file, "%ld", &number) != 1) number = 0;
        fclose(file);
    }
    number += 1;
    file = fopen("/data/count", "w");
    if (!file) {
        answer(client, "500 Internal Server Error", "no data\n", 8);
        return;
    }
    fprintf(file, "%ld\n", number);
    fclose(file);
    answer(client, "200 OK", text, (size_t)snprintf(text, sizeof text, "%ld\n", number));
}

static void serve(int client) {
    static char request[65536], body[65536];
    size_t length = 0;
    while (length < sizeof request - 1) {
        ssize_t got = read(client, request + length, sizeof request - 1 - length);
        if (got <= 0) return;
        length += (size_t)got;
        request[length] = 0;
        if (strstr(request, "\r\n\r\n")) break;
    }
    char path[256] = "";
    sscanf(request, "%*s %255s", path);
    if (!strcmp(path, "/headers")) {
        answer(client, "200 OK", request, length);
    } else if (!strcmp(path, "/env")) {
        size_t used = 0;
        for (char **pair = environ; *pair && used < sizeof body - 1; pair++)
            used += (size_t)snprintf(body + used, sizeof body - used, "%s\n", *pair);
        answer(client, "200 OK", body, used < sizeof body ? used : sizeof body - 1);
    } else if (!strcmp(path, "/health")) {
        int bad = getenv("TINY_UNHEALTHY") != NULL;
        answer(client, bad ? "500 Internal Server Error" : "200 OK", bad ? "unwell\n" : "well\n", bad ? 7 : 5);
    } else if (!strcmp(path, "/count")) {
        count(client);
    } else if (!strcmp(path, "/exit")) {
        answer(client, "200 OK", "bye\n", 4);
        kill(server, SIGUSR1);
    } else {
        const char *text = getenv("TINY_TEXT");
        if (!text) text = "hello from the tiny app\n";
        answer(client, "200 OK", text, strlen(text));
    }
}

/* What a new version does to the data of the one before. */
static int change(void) {
    const char *written = getenv("TINY_WRITE"), *erased = getenv("TINY_ERASE"), *filled = getenv("TINY_FILL");
    if (written) {
        FILE *file = fopen(written, "w");
        if (!file) { perror(written); return 2; }
        fprintf(file, "made by a container\n");
        fclose(file);
    }
    if (erased && unlink(erased)) { perror(erased); return 2; }
    if (filled) {
        static char block[65536];
        FILE *file = fopen(filled, "w");
        if (!file) { perror(filled); return 2; }
        memset(block, 'x', sizeof block);
        while (fwrite(block, 1, sizeof block, file) == sizeof block) {}
        perror("the disk");
        return 4;
    }
    return 0;
}

static int check(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port())};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char reply[64] = "";
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address)) {
        printf("nobody listens\n");
        return 1;
    }
    dprintf(client, "GET /health HTTP/1.0\r\n\r\n");
    if (read(client, reply, sizeof reply - 1) <= 0) return 1;
    int well = strstr(reply, " 200 ") != NULL;
    printf(well ? "well\n" : "unwell\n");
    return well ? 0 : 1;
}

/* A small program at a terminal: echo WORDS, size, exit CODE. */
static int terminal(int says_number) {
    char line[256];
    struct winsize size;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (says_number) printf("%d\n", (int)getpid());
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "exit", 4)) return atoi(line + 4);
        if (!strncmp(line, "echo ", 5)) printf("%s", line + 5);
        if (!strncmp(line, "size", 4) && !ioctl(0, TIOCGWINSZ, &size))
            printf("%d by %d\n", size.ws_col, size.ws_row);
    }
    return 129;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "--terminal")) return terminal(0);
    if (argc > 1 && !strcmp(argv[1], "-c")) return terminal(1);
    if (argc > 1 && !strcmp(argv[1], "--check")) return check();
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    signal(SIGUSR1, fail);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    server = getpid();
    printf("tiny app starts\n");
    for (int at = 1; at < argc; at++) printf("argument %s\n", argv[at]);
    fprintf(stderr, "a line for stderr\n");
    int changed = change();
    if (changed) return changed;
    if (getenv("TINY_EXIT")) return atoi(getenv("TINY_EXIT"));
    if (getenv("TINY_SLOW")) sleep((unsigned)atoi(getenv("TINY_SLOW")));
    int listener = socket(AF_INET6, SOCK_STREAM, 0), yes = 1, no = 0;
    if (listener >= 0) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port())};
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
        if (bind(listener, (struct sockaddr *)&address, sizeof address)) { close(listener); listener = -1; }
    }
    if (listener < 0) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port())};
        listener = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(listener, (struct sockaddr *)&address, sizeof address)) { perror("bind"); return 2; }
    }
    if (listen(listener, 64)) { perror("listen"); return 2; }
    printf("listening on %d\n", port());
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        if (fork() == 0) {
            close(listener);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}
