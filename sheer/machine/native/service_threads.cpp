// The machine's own threads beside the workers: the one that calls the program's host functions, one at a
// time and in order of readiness, the one that looks whether what streams await has come, and how such threads are made.
#include <pthread.h>
#include <signal.h>

#include "internal.h"

namespace sheer {

void service_thread(void* (*body)(void*), const char* name) {
  sigset_t all, before;
  sigfillset(&all);
  const int ours[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
  for (int s : ours) sigdelset(&all, s);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (!pthread_create(&thread, nullptr, body, nullptr)) {
    pthread_setname_np(thread, name);
    pthread_detach(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

static Node *host_first, *host_last;  // scheduler lock
static uint32_t host_word;
static bool host_runs;

static bool call_host(Node* n) {  // true: it is done
  if (n->kind == OpKind::Conditional) return conditional_step(n);
  if (n->kind == OpKind::Launch)
    run_reference(n);
  else if (n->callback)
    n->callback(n->host.user, device_error(n->device));
  else
    n->host.call(n->host.user);
  return true;
}

static void* host_main(void*) {
  for (;;) {
    uint32_t seen = load(host_word);
    Node* n;
    {
      Hold hold(scheduler.lock);
      n = host_first;
      if (n) host_first = n->next_node;
    }
    if (!n) {
      futex_wait(&host_word, seen);
      continue;
    }
    n->next_node = nullptr;
    if (!call_host(n)) continue;
    Hold hold(scheduler.lock);
    node_complete(n);
  }
  return nullptr;
}

void host_thread_push(Node* n) {
  n->next_node = nullptr;
  if (host_first)
    host_last->next_node = n;
  else
    host_first = n;
  host_last = n;
  fetch_add(host_word, 1);
  if (host_runs) {
    futex_wake(&host_word, 1);
    return;
  }
  host_runs = true;
  service_thread(host_main, "sheer-host");
}

// What streams wait for that no other thread here will tell: looked at every few microseconds.
static Vec<Node*> awaits;  // scheduler lock
static uint32_t await_word;
static bool await_runs;
static const uint64_t await_rest_ns = 20000;

static bool awaited(Node* n) { return load(n->device->sticky) || n->await.ready(n->await.user, n->await.value); }

static void* await_main(void*) {
  for (;;) {
    uint32_t seen = load(await_word);
    bool some;
    {
      Hold hold(scheduler.lock);
      for (uint32_t i = awaits.count; i--;) {
        if (i >= awaits.count || !awaited(awaits[i])) continue;
        Node* n = awaits[i];
        awaits.remove(i);
        node_complete(n);
      }
      some = awaits.count;
    }
    futex_wait(&await_word, seen, some ? await_rest_ns : 0);
  }
  return nullptr;
}

void await_push(Node* n) {
  awaits.push(n);
  fetch_add(await_word, 1);
  futex_wake(&await_word, 1);
  if (!await_runs) service_thread(await_main, "sheer-await");
  await_runs = true;
}

void forget_service_threads() {
  await_runs = false;
  awaits.clear();
  host_runs = false;
  host_first = nullptr;
  watchdog_forget();
}
}  // namespace sheer
