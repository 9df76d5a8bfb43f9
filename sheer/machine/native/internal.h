// The machine's own structures, shared by its files and by nobody else. Who owns what, and under which lock,
// is said here.
#pragma once
#include "base.h"
#include "frame.h"
#include "machine.h"

namespace sheer {

// ---- knobs (knobs.cpp)
struct Knobs {
  int devices, threads, debug, lanes;
  uint64_t memory_bytes;  // 0: as the chip file says
  double time_limit_s;    // 0: none
  bool reference;         // SHEER_ENGINE=reference
  bool perf_map;
  uint32_t overrun_bytes;
  const char *chip, *isa, *python, *home, *cache;
  const char* profile;    // the run file, "": none
  bool profile_all;       // all blocks of all launches
  bool chip_clock;        // events and kernels see the chip's time
};
const Knobs& knobs();

// ---- files and keys (files.cpp, sha256.cpp)
struct Digest {
  uint8_t bytes[32];
};
struct Sha256 {
  uint32_t state[8];
  uint64_t total;
  uint8_t block[64];
  Sha256();
  void add(const void* data, size_t bytes);
  Digest finish();
};
String hex(const Digest&);
bool cache_read(const char* folder, const String& key, const char* suffix,
                Vec<uint8_t>* out);  // false: not there or damaged
void cache_write(const char* folder, const String& key, const char* suffix, const void* data, size_t bytes);
const String& compiler_fingerprint();  // of the compiler's sources and this CPU; part of every key

String files_fingerprint(const char* folder,
                         const char* suffix);  // names, sizes and times below SHEER_HOME/sheer/folder

// ---- the compile worker (worker.cpp)
struct Reply {
  Error error;    // Ok, or: the worker said `error`, or it could not be had
  String header;  // lines after the first
  Vec<uint8_t> blob;
  bool refused;  // it answered "error" (then blob is its text), it did not die
};
struct Piece {
  const void* data;
  size_t bytes;
};
Reply worker_ask(const String& header, const Piece* pieces, uint32_t count);
// "value" of the line "key value" in a header; null if there is none. Ends at the newline.
const char* header_value(const String& header, const char* key);

// ---- memory (memory.cpp, heap.cpp)
void memory_release_all(Device*);
bool memory_in_arena(const void* address);  // device address space, in use or not
Error symbol_allocate(Device*, uint64_t bytes, const char* name, void** out);
String symbol_name_at(const void* address);  // empty if it is no symbol
struct SharedFile {
  int file;
  uint64_t offset;  // of the allocation in it
};
Error memory_file(void* base, bool make, SharedFile* out);  // the file that an allocation is; NotFound: it is none yet, and none is made
Error memory_enter(Device*, void* base, uint64_t bytes, uint32_t flags);  // a range of Kind::Mapped
Error memory_leave(void* base);
void memory_flag(const void* base, uint32_t flags);  // other flags for a range
bool memory_charge(Device*, uint64_t bytes);         // against its capacity; false: there is not so much
void memory_discharge(Device*, uint64_t bytes);
bool memory_nearest(const void* address,
                    Range* out);  // the range that begins closest at or before the address
bool host_mapping(const void* address, uint64_t* low, uint64_t* high, bool* readable, bool* writable);

struct Heap {  // what kernels' malloc gives; one a device
  Mutex lock;
  uint8_t* base = nullptr;
  uint64_t bytes = 0, used_end = 0;
  Vec<void*> bins;  // free pieces by size class, linked through their first word
};
void* heap_allocate(Device*, uint64_t bytes);
bool heap_free(Device*, void* address);

// ---- loaded code (loader.cpp)
struct Code {
  uint8_t* base = nullptr;  // the mapping
  uint64_t mapped = 0;
  uint8_t* text = nullptr;  // the .text section inside it
  uint64_t text_bytes = 0;
  const SheerKernelInfo* info = nullptr;
  void (*warp)(SheerFrame*, uint32_t, uint64_t) = nullptr;
  void (*blocks)(SheerFrame*, uint64_t, uint64_t) = nullptr;
  const SheerCounting* counting = nullptr;  // of code compiled for counting
  const SheerAligned* aligned = nullptr;    // null: needs nothing of its parameters
  Vec<uint8_t> object;  // the file, for `locate`
};
Code* code_load(Vec<uint8_t> object, String* why_not);
void code_unload(Code*);
bool code_holds(const Code*, const void* pc);
void* runtime_symbol(const char* name);  // sheer_rt_*, libm, libc
void* half_symbol(const char* name);     // 16-bit floating point: what LLVM calls on processors without it
// Applies one relocation; `stub` gives a near jump to a far function, `got` a near slot that holds the
// address. (reloc.cpp)
struct RelocHelp {
  void* self;
  uint8_t* (*stub)(void* self, uint32_t symbol, uint64_t target);
  uint8_t* (*got)(void* self, uint32_t symbol, uint64_t target);
};
bool relocate(uint32_t type, uint8_t* place, uint64_t target, int64_t addend, uint32_t symbol,
              const RelocHelp&, String* why_not);
extern const uint32_t stub_bytes;
void write_stub(uint8_t* at, uint64_t target);
uint16_t elf_machine();

// ---- modules and kernels (module.cpp)
struct Symbol {
  String name;
  bool constant;
  uint64_t bytes, align;
  int64_t data;
  void* bound = nullptr;  // host memory that holds the variable on every device, instead of device memory
  bool ready = false;     // bound, and its initial value has been written
};
struct Reloc {
  uint32_t symbol;
  uint64_t offset;
  uint32_t target;
  int64_t addend;
};
struct Instance {
  uint64_t* globals = nullptr;
};  // a module on one device
struct Module {
  Mutex lock;
  Vec<String> texts;
  String sha;  // of all the texts
  bool matrices = false;  // kernels multiply matrices: worth asking for the tile unit
  Vec<String> files;
  Vec<Symbol> symbols;
  Vec<Reloc> relocs;
  Vec<uint8_t> data;
  Vec<Function*> functions;
  Vec<Instance> instances;  // by device index
};
enum class Mode : uint8_t { Fast, Checked, Counting, Wary };  // wary: tests what the fast form takes from SheerAligned
struct Special {      // one compiled form; immutable once in the list
  uint32_t block[3];  // 0,0,0 = any
  Mode mode;
  Code* code;
  Special* next;
};
struct Function {
  FunctionInfo info{};
  String name;
  Vec<Param> params;
  Module* module = nullptr;
  Special* specials = nullptr;  // read without lock, written under module->lock
  uint32_t shapes = 0;      // that it was compiled for, and their code
  uint64_t text_bytes = 0;
  uint64_t address = 0;  // what device code knows it by
};
void modules_forget(Device*);
Error module_instance(Module*, Device*, uint64_t** globals);
Error function_code(Function*, const uint32_t block[3], Mode, Code** out, bool* cache_hit);
bool code_locate(const Code*, const void* pc, String* file, uint32_t* line);

// ---- nodes: what is queued (stream.cpp)
constexpr uint64_t LINES = 128;  // bytes that processors hand to each other together: two lines of a cache
struct Worker;
struct Block;
struct Family;
struct Counting;
struct Tally;
// Of a node: the number of the graph's launch (0: none) and of the conditional node whose body the graph is, its own in the graph, and those that
// it waits for.
struct GraphPlace {
  uint64_t graph = 0, outer_graph = 0;
  uint32_t node = 0, outer_node = 0, count = 0;
  const uint32_t* after = nullptr;
};

struct Node {
  OpKind kind = OpKind::Empty;
  bool finished = false, in_queue = false, inner = false;  // inner: of a graph; does not count in the stream
  bool cancelled = false;                                  // atomic: leave it
  bool timed_out = false, reported = false;
  bool fibers = false, one_by_one = false;
  Device* device = nullptr;
  Stream* stream = nullptr;
  uint64_t seq = 0;  // in the stream
  int priority = 0;
  uint32_t waits = 0;                          // unfinished nodes that this one needs (scheduler lock)
  Vec<Node*> dependents;                       // (scheduler lock)
  Node *prev = nullptr, *next_node = nullptr;  // run queue, or host queue

  uint64_t total = 0;  // blocks, or pieces of a copy
  // What all workers write, apart from what they only read with every block.
  alignas(LINES) uint64_t taken = 0;  // atomic: first block not handed out yet
  uint64_t done = 0;                  // atomic
  uint32_t users = 0;                 // threads inside (scheduler lock)
  uint32_t live = 0;                  // atomic: started fiber blocks
  alignas(LINES) uint32_t live_cap = 0;
  uint64_t started_ns = 0;
  Error error = Error::Ok;

  // Launch
  Function* function = nullptr;
  Code* code = nullptr;
  uint32_t grid[3] = {}, block[3] = {}, threads = 0, shared_bytes = 0, dynamic_shared = 0;
  bool cooperative = false, cache_hit = false;
  double compile_us = 0;
  uint64_t id = 0;
  uint64_t* globals = nullptr;
  uint8_t* params = nullptr;
  uint64_t params_room = 0;
  uint32_t grid_lock = 0, grid_generation = 0;  // grid barrier: blocks that came, blocks that have not ended
  uint64_t grid_arrived = 0, grid_live = 0;
  Family* family = nullptr;  // what its threads launched (children.cpp)
  Counting* counting = nullptr;  // what is counted of it (counting.h)
  uint64_t run_line = 0;         // its number in the run file, + 1
  uint64_t parent = 0;           // that of the launch whose threads asked for this, or 0
  GraphPlace place;              // where it stands in a graph (for the run file)
  uint64_t clock_since_ns = 0;   // atomic: when a thread of it first read the chip's clock, 0: none has
  double clock_s = 0, clock_hz = 0;  // what that clock said, and its ticks a second (0: not known)

  CopyOp copy{};
  FillOp fill{};
  uint8_t* staged = nullptr;
  uint64_t piece_rows = 0, piece_bytes = 0;  // how a copy or fill is cut
  HostOp host{};
  void (*callback)(void*, Error) = nullptr;
  Event* event = nullptr;
  uint64_t record = 0;
  void* free_base = nullptr;
  SignalOp signal{};
  AwaitOp await{};
  ConditionalOp conditional{};  // its bodies are ...
  Vec<GraphBody*> bodies;       // ... these
  bool turned = false;          // a body has run
  Node* owner = nullptr;        // Again: the conditional node whose body has ended
};

struct Event {
  Device* device;
  Node* node = nullptr;                  // the pending last record
  uint64_t recorded = 0, completed = 0;  // count of records asked for / the newest that is done
  uint64_t when_ns = 0;
  uint32_t pending = 0;  // nodes that point here
  bool dead = false;
  uint64_t id = 0;
};

struct Stream {
  Device* device;
  uint32_t flags;
  int priority;
  uint64_t id;
  bool legacy = false, dead = false;
  Node* tail = nullptr;
  uint64_t submitted = 0, completed = 0;  // sequence numbers; completed is read without lock
};

struct Device {
  int index;
  int sticky = 0;               // atomic
  uint64_t capacity, used = 0;  // used: memory lock
  Mutex setup;
  bool properties_read = false;
  Vec<String> properties;  // "key\0value"
  int multiprocessors = 0;
  uint8_t *arena = nullptr, *arena_end = nullptr, *small_next = nullptr, *large_next = nullptr;
  Stream* legacy = nullptr;
  Vec<Stream*> streams;  // all of them (scheduler lock)
  uint64_t limits[3] = {1024, 1 << 20, 8 << 20};
  Heap heap;
};

// ---- the scheduler (scheduler.cpp, stream.cpp)
void streams_release(Device*);  // the created ones, all idle
void device_prepare(Device*);   // reads the chip file's properties, once

struct Scheduler {
  Mutex lock;  // streams, nodes, run queue
  Node *first = nullptr,
       *last = nullptr;                 // run queue: ready nodes with blocks to hand out, best priority first
  uint32_t version = 0;                 // atomic, grows when the queue does: idle workers wait on it
  uint32_t spinners = 0, sleepers = 0;  // atomic
  uint32_t active = 0, limit = 1;       // threads that execute / may execute (lock)
  uint32_t done_word = 0, done_sleepers = 0;  // atomic: completions, and threads that sleep for one
  bool started = false;
  Vec<Worker*> workers;  // every Worker ever made (lock)
  Vec<Worker*> spare;    // those that helping threads may borrow (lock)
  Vec<Node*> running;    // nodes that were picked and are not complete (lock)
};
extern Scheduler scheduler;
void scheduler_start();            // idempotent
void queue_push(Node*);            // lock held
void queue_remove(Node*);          // lock held
void notify_workers();             // the queue grew
void node_complete(Node*);         // lock held; frees it and all that follows from it at once
void node_leave(Node*);            // a user of it is through
void node_close(Node*);            // lock held: hands out no more of it
void node_cancel(Node*);           // the same, and makes its users leave
void device_fail(Device*, Error);  // sticky; cancels what runs there
Node* pick(Stream* only);          // lock held; users + 1; null: any stream
bool take_blocks(Node*, uint64_t* first, uint64_t* count, uint64_t least = 1);
void work_on(Worker*, Node*);  // until there is nothing more to take; ends with node_leave
bool help(Stream* only);       // run some of it on this thread; false: there was nothing to do
void host_thread_push(Node*);  // lock held
void await_push(Node*);        // lock held
void copy_guarded(Worker*, Node*, uint64_t first, uint64_t count);
void run_copy_piece(Node*, uint64_t piece);
Error launch_shape_error(const LaunchOp&);  // grid and block within the limits?
Node* node_fresh();               // no lock held; it carries a guard
void node_release_guard(Node*);   // lock held
void node_discard(Node*);         // no lock held
// The nodes of a graph, with guards; and their edges, from `entry` (or null) to `exit` (lock held).
Error graph_prepare(Stream*, const GraphNode*, uint32_t count, const Node* outer, Vec<Node*>* out);
void graph_link(const GraphNode*, const Vec<Node*>& nodes, Node* entry, Node* exit);
Error conditional_prepare(Node*, const ConditionalOp&);  // conditional.cpp
bool conditional_step(Node*);                            // no lock held: true: it is done
Error node_renew(Node*, const Op&);         // no lock held: a node that is through becomes another of the same stream
bool node_goes_on(Node*);                   // no lock held: true: as its next child, to be queued
void family_drop(Node*);
void copy_cut(Node*);       // sets total and pieces
void run_reference(Node*);  // SHEER_ENGINE=reference
void watchdog_start();
void service_thread(void* (*body)(void*), const char* name);  // a detached thread with no program signals
void forget_service_threads();                                // after fork
void watchdog_forget();
void addresses_fork_lock(bool take);
void shared_fork_lock(bool take);
void memory_fork_lock(bool take);  // held over a fork, so that the child finds the table whole
void printf_fork_lock(bool take);
void worker_after_fork();
bool launches_watched();
void report_memory(const Range&, bool allocated);  // to the subscriber
void report_launch_begin(Node*);
void report_launch_end(Node*);

// ---- the run file, and counting (profile.cpp, totals.cpp)
bool profile_on();
void profile_launch(Node*);  // no lock held: may compile
void profile_launch_end(Node*);
void profile_operation(const Node*, const Stream*, const Op&);
void profile_stream(const Stream*);  // a new one
bool profile_path(String*);  // where another process may read the run file
void counting_drop(Counting*);
// ---- the chip's time (chip_clock.cpp)
bool chip_elapsed(uint64_t from, uint64_t to, double* seconds);  // between events; no lock held; false: not known
double chip_now_s(Block*, double* hz);                           // for a thread of a block; hz 0: not known
bool counting_wants(Worker*, Node*, uint64_t block);
void counting_block_ended(Block*);
Code* counting_code(const Counting*);
uint64_t counting_next(Worker*, Node*, uint64_t from, uint64_t end);  // the first wanted one; `end` if there is none
Tally* tally_begin(Tally*, const Code*);  // null: a new one
uint64_t* tally_counts(Tally*);

// ---- fibers and blocks (fiber.cpp, block.cpp)
struct alignas(64) Fiber {
  void* sp;
  Fiber* next;
  Block* block;
  uint32_t group, lane;  // lane: lane-fiber mode only
  uint32_t result;
  uint32_t polls;        // in a row, since the scheduler ran
  bool fresh;            // at its entry: nothing of it lives on the stack
  uint8_t *stack, *top;  // lowest usable byte, one past the highest
};

// PTX has 16; the others serve tiles of cooperative groups that are wider than a warp (cooperative_groups.h).
constexpr uint32_t PTX_BARRIERS = 16, BARRIERS = 64;

struct BarrierState {
  uint32_t arrived, votes, expected, mode;
  Fiber *first, *last;
};
struct LaneGroup {  // lane-fiber mode, one a group of 32
  uint32_t exited, waiting;
  uint32_t members[32];
  uint64_t value[32];
  uint64_t* out[32];
  Fiber* fiber[32];
};

enum class Left : uint8_t { Done, Polling, Waiting, Fault, Cancelled };  // why control came back from a block

struct Fault {
  int signal = 0;  // or 0: a trap, an assertion
  void *pc = nullptr, *address = nullptr;
  uint32_t group = 0, lane = 0, line = 0, file = 0, access = 0, bytes = 0;
  bool has_lane = false, has_access = false, stack_overflow = false, unknown_address = false;
  Error error = Error::Ok;
  String text;  // what to print, if known already
};

struct alignas(LINES) Block {  // one live block; belongs to one Worker for good
  SheerFrame frame;
  Worker* worker;
  Node* node;
  Code* code;
  uint64_t id;
  Fiber *current, *ready_first, *ready_last, *polled_first, *polled_last;
  Vec<Fiber*> fibers;
  uint32_t fibers_live, threads, threads_live;
  Vec<uint32_t> group_exited;
  Vec<LaneGroup> lane_groups;
  BarrierState barriers[BARRIERS];
  uint64_t barriers_used;
  uint32_t grid_arrived, grid_seen;
  Fiber *grid_first, *grid_last;
  bool simple, lane_fibers, grid_waiting, replay;
  uint64_t first, count;            // simple: the chunk that runs
  uint64_t next_id, end_id;         // fibers: what is left of the chunk after this block
  uint8_t *shared_map, *local_map;  // mappings, with a guard page behind
  uint64_t shared_room, local_room;
  uint64_t local_used;
  Tally* tally;  // counting: what this block does
};

struct alignas(LINES) Worker {
  uint32_t index;
  void* home = nullptr;     // saved stack pointer of the scheduler side while a fiber runs
  Block* inside = nullptr;  // the block whose code runs now: faults belong to it
  uint32_t hold = 0;        // > 0: inside of a runtime service that must not be left
  Left left = Left::Done;
  uint64_t thread = 0;  // pthread_t
  Vec<Block*> live;
  Vec<Block*> spare;
  Vec<Fiber*> fiber_pools[8];  // by stack size: 256 KB << i
  Fault fault, misaligned;
  uint64_t replay_until = 0;
  void* copy_escape = nullptr;  // jmp_buf*, while it copies: bad pointers lead there
  String print_text;
  uint8_t* copies[4] = {};  // of arrays that kernels only add to (private.cpp)
  bool copies_in_use = false;
  uint32_t color = 0;
  uint8_t* scratch = nullptr;  // see sheer_rt_scratch
};
extern SHEER_TLS Worker* this_worker;

Worker* worker_borrow();  // for a helping thread
void worker_return(Worker*);
Block* block_get(Worker*, Node*, Code*);
bool needs_fibers(const Code*);
void block_put(Block*);                 // back to the worker's spares; fibers stay with it
void block_start(Block*, uint64_t id);  // sets it up for block `id` of its node
Left block_enter(Block*);               // runs it until it is done or has to wait
void block_abandon(Block*);             // its fibers start afresh
void block_check_grid(Block*);          // wakes it if its grid barrier opened
void block_exit_threads(Block*, uint32_t threads);
void grid_block_ended(Node*);
[[noreturn]] void leave_block(Block*, Left);
void suspend(Block*);  // current fiber waits; somebody else runs
void make_ready(Block*, Fiber*);
void lanes_exit(Block*, uint32_t group, uint32_t lanes);
void fiber_put(Worker*, Fiber*);
Fiber* fiber_get(Worker*, uint64_t stack_bytes);
void fiber_reset(Fiber*);
void fiber_entry(Fiber*);
void hold_begin(Block*);
void hold_end(Block*);

// ---- context switch (context.cpp)
extern "C" void sheer_switch(void** save, void* to);  // saves here, goes on there
extern "C" void sheer_switch_resume();                // the second half: with sp = a saved one, goes on there
void* context_make(uint8_t* top, void (*entry)(Fiber*), Fiber* argument);
// ---- the unit that multiplies tiles, AMX (tiles.cpp)
bool tiles_permitted();  // asks the operating system, once a process
void tiles_begin();      // sets up this thread's
void tiles_end();

uint32_t float_mode();
void float_mode_set(uint32_t);
extern const uint32_t float_mode_plain, float_mode_flushing;

// ---- faults (fault.cpp)
void fault_handlers_install();
void fault_thread_setup();           // alternate signal stack for this thread
void fault_handle(Worker*, Block*);  // after a block left with Left::Fault: report, make sticky
void fault_timeout(Worker*, Block*);
void print_append(const char* text, size_t bytes);  // to the printf buffer
void interrupt_worker(Worker*);                     // makes it look whether what it runs was cancelled
}  // namespace sheer
