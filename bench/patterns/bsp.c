// One guest of a bulk-synchronous program (Valiant 1990): each iteration computes on its own data,
// exchanges messages with others in the order of a schedule, and meets all at a barrier.
//
//   bsp < PLAN
//
// The plan is lines of words up to `end` (see read_plan; job.ts writes it). Prints
// "ready" when it listens, waits for the line "start", connects, and then prints a line for each
// iteration:
//
//   ITERATION START_US COMPUTE_US COMMUNICATE_US CHECK_US BARRIER_US RECEIVED_BYTES HASH
//
// START_US is real time; HASH is that of all contents received so far (content.ts).
// A line "stop" to guest 0 ends the program after the iteration that runs. Status 1 with a reason
// when a guest is gone, nothing passes for the time of `stall`, or messages come out of turn.
//
// No two guests can wait for each other: whoever sends or waits also receives, and what is received
// has its own room, so every message that was begun can end. In a flow (a tree) a guest sends only
// after it has received all; a tree has no circle.

#define _GNU_SOURCE
#include "bsp.h"

// Receiving.

static void leave(int guest) {
  close(peers[guest].fd);
  peers[guest].fd = -1;
}

/** A header is whole: what it says must be what is due. */
static void take_header(int guest) {
  struct peer *peer = &peers[guest];
  const struct header *head = &peer->head;
  if (head->source != (uint32_t)guest) fail("guest %d says that it is %u", guest, head->source);
  if (head->kind == MESSAGE) {
    // The next iteration's may come before this guest knows that it has begun.
    const int is_due = peer->is_source && !peer->is_received && head->iteration == due_iteration;
    if (!is_due || head->bytes != plan.bytes) {
      fail("a message of iteration %u of guest %d is out of turn", head->iteration, guest);
    }
    return;
  }
  const uint32_t turn = head->kind == ARRIVED ? peer->arrivals++ : iteration;
  if (head->iteration != turn || head->bytes != 0) fail("guest %d is out of turn", guest);
  if (head->kind != ARRIVED) release_kind = head->kind;
  peer->head_done = 0;
}

/** Takes what has come from a guest; 1: something had. */
static int receive(int guest) {
  struct peer *peer = &peers[guest];
  const int is_header = peer->head_done < sizeof peer->head;
  uint8_t *to = is_header ? (uint8_t *)&peer->head + peer->head_done : peer->in + peer->in_done;
  const size_t room = is_header ? sizeof peer->head - peer->head_done : plan.bytes - peer->in_done;
  const ssize_t got = recv(peer->fd, to, room, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) {
    leave(guest);
    return 1;
  }
  if (is_header) {
    peer->head_done += (size_t)got;
    if (peer->head_done == sizeof peer->head) take_header(guest);
    return 1;
  }
  peer->in_done += (size_t)got;
  if (peer->in_done == plan.bytes) {
    peer->is_received = 1;
    peer->head_done = peer->in_done = 0;
    received++;
  }
  return 1;
}

// Sending.

static void begin_message(int guest) {
  struct peer *peer = &peers[guest];
  peer->pending = peer->out;
  peer->pending_left = sizeof(struct header) + plan.bytes;
}

static void send_control(int guest, enum kind kind) {
  struct peer *peer = &peers[guest];
  peer->control = (struct header){(uint32_t)kind, iteration, (uint32_t)plan.guest, 0};
  peer->pending = (const uint8_t *)&peer->control;
  peer->pending_left = sizeof peer->control;
}

/** Begins as many messages as may be on their way at once, in the order of the schedule. */
static void begin_messages(void) {
  if (plan.is_flow && received < plan.receives) return;
  while (begun < plan.sends && begun - sent < plan.in_flight) begin_message(plan.send_to[begun++]);
}

static void send_more(int guest) {
  struct peer *peer = &peers[guest];
  const ssize_t done = send(peer->fd, peer->pending, peer->pending_left, MSG_NOSIGNAL);
  if (done < 0 && errno == EAGAIN) return;
  if (done < 0) {
    leave(guest);
    return;
  }
  peer->pending += done;
  peer->pending_left -= (size_t)done;
  if (peer->pending_left > 0 || peer->is_sent || !peer->out) return;
  peer->is_sent = 1;
  sent++;
}

// Phases.

static int is_communicating; // else it is at the barrier

static int is_waiting_for(int guest) {
  const struct peer *peer = &peers[guest];
  if (!peer->is_known || peer->pending_left > 0) return peer->is_known;
  if (is_communicating) {
    return (peer->is_source && !peer->is_received) || (peer->out && !peer->is_sent);
  }
  return plan.guest == 0 ? peer->arrivals <= iteration : guest == 0 && release_kind == 0;
}

static _Noreturn void fail_stalled(void) {
  char names[GUESTS_MAX * 4] = "";
  for (int guest = 0; guest < plan.guests; guest++) {
    if (is_waiting_for(guest)) sprintf(names + strlen(names), " %d", guest);
  }
  fail("nothing has passed for %d ms; it waits for guest%s", plan.stall_ms, names);
}

/** Waits until something can pass, and lets it. */
static void turn(void) {
  struct pollfd watched[GUESTS_MAX];
  int who[GUESTS_MAX];
  nfds_t count = 0;
  for (int guest = 0; guest < plan.guests; guest++) {
    const struct peer *peer = &peers[guest];
    if (peer->fd < 0 && is_waiting_for(guest)) fail("guest %d is gone", guest);
    if (peer->fd < 0) continue;
    const short events = (short)(POLLIN | (peer->pending_left > 0 ? POLLOUT : 0));
    watched[count] = (struct pollfd){.fd = peer->fd, .events = events};
    who[count++] = guest;
  }
  const int ready = poll(watched, count, plan.stall_ms);
  check(ready >= 0, "poll");
  if (ready == 0) fail_stalled();
  for (nfds_t i = 0; i < count; i++) {
    if (watched[i].revents & POLLOUT) send_more(who[i]);
    const int has_more = watched[i].revents & (POLLIN | POLLHUP | POLLERR);
    while (has_more && peers[who[i]].fd >= 0 && receive(who[i])) continue;
  }
}

/** Work on the guest's own elements, as many as a message has; then its messages are made. */
static void compute(void) {
  static double *elements;
  const uint32_t count = plan.bytes / 8;
  if (!elements) elements = calloc(count, sizeof *elements);
  check(elements != NULL, "calloc");
  for (uint32_t i = 0; i < count; i++) {
    double value = 1;
    for (int64_t k = 0; k < plan.reads; k++) value += elements[(i + (uint32_t)k) % count];
    for (int64_t k = 0; k < plan.flops; k++) value = value * 0.999 + 0.5;
    volatile double *const at = elements;
    for (int64_t k = 0; k < plan.writes; k++) at[(i + (uint32_t)k) % count] = value;
  }
  const struct header head = {MESSAGE, iteration, (uint32_t)plan.guest, plan.bytes};
  for (int i = 0; i < plan.sends; i++) {
    struct peer *peer = &peers[plan.send_to[i]];
    memcpy(peer->out, &head, sizeof head);
    fill(peer->out + sizeof head, (uint32_t)plan.guest, (uint32_t)plan.send_to[i]);
    peer->is_sent = 0;
  }
}

static void communicate(void) {
  is_communicating = 1;
  for (begin_messages(); received < plan.receives || sent < plan.sends; begin_messages()) turn();
  is_communicating = 0;
}

/** Hashes what has come, and makes room for the next iteration's. */
static void check_contents(void) {
  for (int guest = 0; guest < plan.guests; guest++) {
    if (!peers[guest].is_source) continue;
    received_hash = fold(received_hash, hash_of(peers[guest].in));
    peers[guest].is_received = 0;
  }
  received = sent = begun = 0;
  due_iteration++;
}

static int is_told_to_stop(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  char line[64];
  if (poll(&input, 1, 0) <= 0) return 0;
  return !next_line(line, sizeof line) || strcmp(line, "stop\n") == 0;
}

/** All meet at guest 0, which says whether it goes on. */
static int pass_barrier(void) {
  if (plan.guest != 0) {
    release_kind = 0;
    send_control(0, ARRIVED);
    while (release_kind == 0) turn();
    return release_kind == GO_ON;
  }
  for (int guest = 1; guest < plan.guests; guest++) {
    while (peers[guest].arrivals <= iteration) turn();
  }
  const enum kind kind = is_told_to_stop() ? ENOUGH : GO_ON;
  for (int guest = 1; guest < plan.guests; guest++) send_control(guest, kind);
  for (int guest = 1; guest < plan.guests; guest++) {
    while (peers[guest].pending_left > 0) turn();
  }
  return kind == GO_ON;
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  read_plan();
  const int listener = start_listening();
  printf("ready\n");
  char line[64];
  if (!next_line(line, sizeof line)) return 1;
  connect_all(listener);
  for (int goes_on = 1; goes_on && iteration < (uint32_t)plan.iterations; iteration++) {
    const int64_t start = now_us(), real = clock_us(CLOCK_REALTIME);
    compute();
    const int64_t computed = now_us();
    communicate();
    const int64_t communicated = now_us();
    check_contents();
    const int64_t checked = now_us();
    goes_on = pass_barrier();
    printf("%u %lld %lld %lld %lld %lld %lld %08x\n", iteration, (long long)real,
           (long long)(computed - start), (long long)(communicated - computed),
           (long long)(checked - communicated), (long long)(now_us() - checked),
           (long long)plan.receives * plan.bytes, received_hash);
  }
  return 0;
}
