// The client of the compile worker: starts `python -m sheer.worker` when first needed, speaks the framed
// protocol with it, starts another one when it has died. One request at a time. A forked child of the program
// starts its own.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

extern char** environ;

namespace sheer {

static Mutex worker_lock;
static int worker_socket = -1;
static pid_t worker_pid, worker_parent;

void worker_after_fork() { worker_lock.state = 0; }  // whoever held it is not in this process

static Vec<char*> worker_environment() {
  Vec<char*> all;
  String path("PYTHONPATH=");
  path += knobs().home;
  for (char** e = environ; *e; e++) {
    if (!strncmp(*e, "PYTHONPATH=", 11)) {
      if ((*e)[11]) (path += ":") += *e + 11;
    } else if (strncmp(*e, "LD_PRELOAD=", 11)) {  // we may be preloaded; the worker does not want us
      all.push(strdup(*e));
    }
  }
  all.push(strdup(path.c()));
  all.push(nullptr);
  return all;
}

static int spawn_worker(int theirs, pid_t* pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&how);
  int number = theirs == 3 ? 4 : 3;  // dup2 to another number clears close-on-exec
  posix_spawn_file_actions_adddup2(&files, theirs, number);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 2, 1);  // stdout is the program's alone
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  const int defaults[] = {SIGPIPE, SIGINT, SIGTERM, SIGCHLD, SIGHUP, SIGQUIT};
  for (int s : defaults) sigaddset(&usual, s);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &usual);
  posix_spawnattr_setpgroup(&how, 0);  // Ctrl-C ends the program; the worker then sees the socket close
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  String fd;
  fd.format("%d", number);
  // -P: nothing that lies in the program's folder is to be taken for a module of ours.
  char* arguments[] = {const_cast<char*>(knobs().python), const_cast<char*>("-P"),   const_cast<char*>("-m"),
                       const_cast<char*>("sheer.worker"), const_cast<char*>(fd.c()), nullptr};
  Vec<char*> variables = worker_environment();
  int error = posix_spawnp(pid, knobs().python, &files, &how, arguments, variables.data);
  for (char* v : variables) free(v);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  return error;
}

// What became of the worker, in words; whether it was ended from outside and did not crash over its work.
static String bury(bool* from_outside = nullptr) {
  String how("went away");
  if (worker_socket >= 0) close(worker_socket);
  worker_socket = -1;
  int status;
  if (worker_pid > 0 && worker_parent == getpid()) {
    for (int i = 0; i < 200; i++) {
      pid_t got = waitpid(worker_pid, &status, WNOHANG);
      if (got == worker_pid) {
        how = String();
        int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        if (number)
          how.format("was ended by signal %d (%s)", number, strsignal(number));
        else
          how.format("ended with exit code %d", WEXITSTATUS(status));
        if (from_outside) *from_outside = number == SIGKILL || number == SIGTERM;
      }
      if (got != 0) break;
      usleep(5000);
    }
  }
  worker_pid = 0;
  return how;
}

static bool alive() {
  if (worker_socket < 0) return false;
  if (worker_parent != getpid()) {  // forked: the socket is our parent's
    close(worker_socket);
    worker_socket = -1;
    worker_pid = 0;
    return false;
  }
  char byte;
  ssize_t got = recv(worker_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
    bury();
    return false;
  }
  return true;
}

static bool start_worker(String* why_not) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
    why_not->format("no socket pair: %s", strerror(errno));
    return false;
  }
  int error = spawn_worker(pair[1], &worker_pid);
  close(pair[1]);
  if (error) {
    close(pair[0]);
    worker_pid = 0;
    why_not->format("cannot start %s: %s; set SHEER_PYTHON to a Python that has Sheer's dependencies",
                    knobs().python, strerror(error));
    return false;
  }
  worker_socket = pair[0];
  worker_parent = getpid();
  if (knobs().reference) prctl(PR_SET_PTRACER, worker_pid, 0, 0, 0);  // it reads and writes our memory
  return true;
}

static bool send_all(Vec<iovec> parts) {
  uint32_t at = 0;
  while (at < parts.count) {
    msghdr message{};
    message.msg_iov = parts.data + at;
    message.msg_iovlen = min(parts.count - at, 64u);
    ssize_t sent = sendmsg(worker_socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    while (at < parts.count && size_t(sent) >= parts[at].iov_len) sent -= ssize_t(parts[at++].iov_len);
    if (at < parts.count) {
      parts[at].iov_base = static_cast<char*>(parts[at].iov_base) + sent;
      parts[at].iov_len -= size_t(sent);
    }
  }
  return true;
}

static bool receive_all(void* into, size_t bytes) {
  char* at = static_cast<char*>(into);
  while (bytes) {
    ssize_t got = recv(worker_socket, at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= size_t(got);
  }
  return true;
}

static bool exchange(const String& header, const Piece* pieces, uint32_t count, Reply* reply) {
  uint64_t blob = 0;
  for (uint32_t i = 0; i < count; i++) blob += pieces[i].bytes;
  uint32_t sizes[2] = {header.size(), uint32_t(blob)};
  Vec<iovec> parts;
  parts.push(iovec{sizes, sizeof sizes});
  parts.push(iovec{const_cast<char*>(header.c()), header.size()});
  for (uint32_t i = 0; i < count; i++)
    if (pieces[i].bytes) parts.push(iovec{const_cast<void*>(pieces[i].data), pieces[i].bytes});
  if (!send_all(sheer::move(parts)) || !receive_all(sizes, sizeof sizes)) return false;
  Vec<char> text;
  text.resize(sizes[0]);
  if (!receive_all(text.data, sizes[0])) return false;
  reply->header = String(text.data, sizes[0]);
  reply->blob.clear();
  reply->blob.reserve(sizes[1]);
  reply->blob.count = sizes[1];
  return receive_all(reply->blob.data, sizes[1]);
}

static void fail(Reply* reply, const String& text) {
  reply->error = Error::JitCompilerNotFound;
  reply->header = String();
  reply->blob.clear();
  for (uint32_t i = 0; i < text.size(); i++) reply->blob.push(uint8_t(text.c()[i]));
}

Reply worker_ask(const String& header, const Piece* pieces, uint32_t count) {
  Hold hold(worker_lock);
  Reply reply{};
  String text;
  for (int attempt = 0; attempt < 2; attempt++) {
    text = String();
    if (!alive() && !start_worker(&text)) break;
    if (exchange(header, pieces, count, &reply)) {
      reply.refused = strncmp(reply.header.c(), "ok", 2) != 0;
      reply.error = reply.refused ? Error::InvalidPtx : Error::Ok;
      return reply;
    }
    bool from_outside = false;  // by the user, or for memory: the next one may do it
    String how = bury(&from_outside), verb(header.c(), strcspn(header.c(), "\n"));
    text.format("the compile worker (%s -m sheer.worker) %s during `%s`", knobs().python, how.c(), verb.c());
    if (strstr(how.c(), "exit code"))
      text += "; set SHEER_PYTHON to a Python that Sheer is installed in, or SHEER_HOME to the folder that holds `sheer`";
    if (!from_outside) break;
  }
  fail(&reply, text);
  return reply;
}

const char* header_value(const String& header, const char* key) {
  size_t length = strlen(key);
  for (const char* line = header.c(); *line;) {
    if (!strncmp(line, key, length) && line[length] == ' ') return line + length + 1;
    const char* end = strchr(line, '\n');
    if (!end) break;
    line = end + 1;
  }
  return nullptr;
}

Error nvrtc_compile(const NvrtcRequest& request, Text* ptx, Text* log) {
  String header;
  Vec<Piece> pieces;
  header.format("verb nvrtc\nname %s\nsource %llu\n",
                request.name && *request.name ? request.name : "default_program",
                (unsigned long long)request.source.bytes);
  for (uint32_t i = 0; i < request.option_count; i++) header.format("option %s\n", request.options[i]);
  pieces.push(Piece{request.source.data, request.source.bytes});
  for (uint32_t i = 0; i < request.header_count; i++) {
    header.format("header %s %llu\n", request.header_names[i], (unsigned long long)request.headers[i].bytes);
    pieces.push(Piece{request.headers[i].data, request.headers[i].bytes});
  }
  Reply reply = worker_ask(header, pieces.data, pieces.count);
  const char* log_size = header_value(reply.header, "log");
  uint64_t log_bytes = reply.error != Error::Ok ? reply.blob.count
                       : log_size               ? strtoull(log_size, nullptr, 10)
                                                : 0;
  log_bytes = min<uint64_t>(log_bytes, reply.blob.count);
  uint64_t ptx_bytes = reply.blob.count - log_bytes;
  char* texts[2];
  for (int i = 0; i < 2; i++) {
    uint64_t bytes = i ? log_bytes : ptx_bytes;
    texts[i] = static_cast<char*>(checked(malloc(bytes + 1)));
    if (bytes) memcpy(texts[i], reply.blob.data + (i ? ptx_bytes : 0), bytes);
    texts[i][bytes] = 0;
  }
  *ptx = Text{texts[0], ptx_bytes};
  *log = Text{texts[1], log_bytes};
  if (reply.error != Error::Ok && !reply.refused) set_message("%s", texts[1]);
  if (!strncmp(reply.header.c(), "error UsageError", 16)) return Error::InvalidValue;  // an option
  return reply.refused ? Error::InvalidSource : reply.error;
}
}  // namespace sheer
