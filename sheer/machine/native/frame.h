// The border between native kernels and the machine. sheer/base/frame.py mirrors the offsets; tests compare them.
#pragma once
#include <stdint.h>

#define SHEER_ABI_VERSION 2

struct SheerFrame {             // one per live block (CTA)
  uint8_t* params;              //   0 parameter block, laid out as the .param space
  uint8_t* shared;              //   8 shared window: static variables first, dynamic after them
  uint8_t* local;               //  16 local memory of thread 0; thread t: local + t * local_stride
  uint64_t* globals;            //  24 address of every module symbol of the current device
  uint32_t ctaid[3];            //  32
  uint32_t ntid[3];             //  44
  uint32_t nctaid[3];           //  56
  uint32_t shared_bytes;        //  68 static + dynamic
  uint32_t dynamic_shared;      //  72
  uint32_t local_stride;        //  76 bytes of local memory per thread
  uint64_t gridid;              //  80
  uint32_t smid;                //  88 virtual multiprocessor of this block
  uint32_t nsmid;               //  92
  void* machine;                //  96 the machine's own data for this block
  uint64_t* counts;             // 104 counting mode: entries of warps and active lanes, a pair a basic block
};

enum SheerKernelFlags {
  SHEER_BARRIER = 1,            // uses block barriers or other waits: groups run on fibers
  SHEER_POLLS = 2,              // has loops that poll memory: calls sheer_rt_yield in them
  SHEER_LANE_FIBERS = 4,        // lanes may wait for each other: one fiber a lane, group width 32
  SHEER_GRID_BARRIER = 8,       // uses sheer_rt_grid_barrier
  SHEER_FTZ = 16,               // run with denormals flushed (MXCSR FTZ | DAZ)
  SHEER_RECURSIVE = 32,         // local_bytes is per call depth unknown: add the stack limit
  SHEER_STRIPS = 64,            // blocks of a row share data, and so do those of a column: run in narrow strips of the grid
  SHEER_TILES = 128,            // run with the tile unit set up: eight tiles of 16 rows of 64 bytes
};

struct SheerKernelInfo {
  uint32_t abi;
  uint32_t lanes;               // threads per group: 32, 64, 128 ...
  uint32_t flags;
  uint32_t local_bytes;         // per thread
  uint32_t static_shared;
  uint32_t stack_bytes;         // native stack wanted per fiber, 0 = default
  uint32_t reserved[2];
};

struct SheerCounting {          // @sheer_counting of an object compiled for counting (codegen/counting.py)
  uint32_t version, blocks, sites, columns;
  uint32_t registers;           // that a thread would have: an estimate
  uint32_t reserved[3];
  float work[1];                // blocks rows: micro-operations by unit, multiply-adds by type, operations of a lane by type,
                                // and of known loads and stores of shared memory: requests, bytes of a lane, wavefronts
};

struct SheerAligned {           // @sheer_aligned: what accesses need of the parameter block, or they would be misaligned
  uint32_t count;
  struct { uint32_t offset, bits; } needs[1];  // bits of the byte at `offset` that are zero
};

struct SheerPrivate {           // an array that the kernel only adds to
  uint64_t base;                // in: the pointer; out: where its allocation begins
  uint64_t unit;                // bytes of an element
  uint64_t units;               // out: elements that the copy has; 0: there is no copy
  uint8_t* copy;                // out: this worker's copy, all zero
};

// A handle of a texture or surface object is the address of one of these. The reference engine reads them too (sheer/oracle/texture.py).
enum SheerImageTag { SHEER_TEXTURE = 0x53485458, SHEER_SURFACE = 0x53485346 };
enum SheerImageShape { SHEER_LINEAR, SHEER_1D, SHEER_2D, SHEER_3D, SHEER_CUBE };
enum SheerTexelKind { SHEER_UNSIGNED, SHEER_SIGNED, SHEER_FLOAT };

struct SheerLevel {             // of a mipmap; others have one
  uint64_t data;
  uint64_t pitch, slice;        // bytes from row to row, from slice (layer, face) to slice
  uint32_t width, height, depth, unused;
};

struct SheerImage {
  uint32_t tag;                 //   0 SheerImageTag; 0 once it is destroyed
  uint8_t shape, layered;       //   4
  uint8_t kind, channels, bits; //   6 of a texel; bits of one channel
  uint8_t address[3];           //   9 cudaTextureAddressMode of each coordinate
  uint8_t linear, as_float;     //  12 filter; integers of 8 and 16 bits read as fractions
  uint8_t normalized, srgb;     //  14 coordinates from 0 to 1
  uint8_t linear_levels, seamless, levels, unused;
  uint32_t border[4];           //  20
  float bias, least, most;      //  36 of the level
  SheerLevel level[16];         //  48
};

// What sheer_rt_texture is asked: a shape (SheerImageShape), and
enum SheerFetch {
  SHEER_LAYERED = 8,
  SHEER_INTEGER = 16,           // whole coordinates: texels by their number
  SHEER_LEVEL = 32,
  SHEER_GRADIENT = 64,
  SHEER_GATHER = 128,           // component << 8
  SHEER_SAME = 1024,            // one object for all lanes
};
// ... and where the words of its coordinates stand: x y z from 0, the layer, the level, gradients of x y z to both sides.
enum SheerCoordinate { SHEER_AT_LAYER = 3, SHEER_AT_LEVEL = 4, SHEER_AT_DX = 5, SHEER_AT_DY = 8, SHEER_COORDINATES = 11 };
// What sheer_rt_surface is asked: a shape, SHEER_LAYERED, SHEER_SAME, and how it accesses, how much, what it does outside.
enum SheerSurfaceAccess {
  SHEER_WRITE = 16,             // else reads
  SHEER_FORMATTED = 32,         // x counts texels, and 32-bit values are brought into their format; else x counts bytes
  SHEER_CLAMP = 64,             // outside: the nearest one
  SHEER_ZERO = 128,             // outside: 0, and writes vanish; neither: a fault
};                              // log2 of an element's bytes << 12, log2 of the elements << 16
enum SheerImageQuery {
  SHEER_WIDTH, SHEER_HEIGHT, SHEER_DEPTH, SHEER_LAYERS, SHEER_LEVELS, SHEER_NORMALIZED, SHEER_CHANNEL_TYPE, SHEER_CHANNEL_ORDER,
  SHEER_FILTER, SHEER_ADDRESS_0, SHEER_ADDRESS_1, SHEER_ADDRESS_2,
};

enum SheerBarrierMode { SHEER_BAR_SYNC, SHEER_BAR_ARRIVE, SHEER_BAR_POPC, SHEER_BAR_AND, SHEER_BAR_OR };
enum SheerTrapKind { SHEER_TRAP, SHEER_TRAP_BAD_CALL, SHEER_TRAP_UNSUPPORTED, SHEER_TRAP_STACK };
enum SheerAccess { SHEER_LOAD, SHEER_STORE, SHEER_ATOMIC };
enum SheerSpace { SHEER_GENERIC, SHEER_GLOBAL, SHEER_SHARED, SHEER_LOCAL, SHEER_CONST };

extern "C" {
// Barrier `id` of the block. `arriving`: active lanes of this call; `expected`: threads, 0 = all live threads of the block.
// `votes`: for POPC/AND/OR the number of arriving lanes whose predicate holds. Returns popc, or 0/1 for and/or, else 0.
uint32_t sheer_rt_barrier(SheerFrame*, uint32_t group, uint32_t arriving, uint32_t id, uint32_t expected, uint32_t mode,
                          uint32_t votes);
// `lanes` (a count, as in barriers) lanes left early while others of the group go on. Not needed in lane-fiber mode: return.
void sheer_rt_exited(SheerFrame*, uint32_t group, uint32_t lanes);
void sheer_rt_grid_barrier(SheerFrame*, uint32_t group, uint32_t arriving);   // waits for all live threads of the grid
void sheer_rt_yield(SheerFrame*, uint32_t group);                    // in polling loops
void sheer_rt_turn(SheerFrame*, uint32_t group);                     // the other groups of the block go on first, as far as they get
void sheer_rt_nanosleep(SheerFrame*, uint32_t group, uint32_t ns);
// Lane-fiber mode: deposits `value` for `lane`, waits for all lanes of `members` (those exited excepted), then out[32] holds their
// values; returns the mask of lanes that took part.
uint32_t sheer_rt_lanes(SheerFrame*, uint32_t group, uint32_t lane, uint32_t members, uint64_t value, uint64_t* out);
uint32_t sheer_rt_activemask(SheerFrame*, uint32_t group, uint32_t lane);    // lane-fiber mode: just this lane's bit is fine
[[noreturn]] void sheer_rt_trap(SheerFrame*, uint32_t group, uint32_t lane, uint32_t kind, uint32_t line, uint32_t file);
[[noreturn]] void sheer_rt_assertfail(SheerFrame*, uint32_t group, uint32_t lane, const char* message, const char* file,
                                      uint32_t line, const char* function);
int32_t sheer_rt_vprintf(SheerFrame*, uint32_t group, uint32_t lane, const char* format, const void* args);
uint64_t sheer_rt_malloc(SheerFrame*, uint64_t bytes);
void sheer_rt_free(SheerFrame*, uint64_t address);
// A kernel (its function id) or a copy or fill, with a head and parameters at `buffer` (children.cpp); returns an error.
uint32_t sheer_rt_launch(SheerFrame*, uint64_t what, uint64_t buffer);
uint64_t sheer_rt_clock64(SheerFrame*);
uint64_t sheer_rt_globaltimer(SheerFrame*);
// Checked mode: verifies `n` addresses (lane i active if bit i of mask words) before an access of `bytes` each; does not return if one is bad.
void sheer_rt_check(SheerFrame*, uint32_t group, const uint64_t* addresses, const uint32_t* mask, uint32_t n, uint32_t bytes,
                    uint32_t access, uint32_t line, uint32_t file);
// A lane that is active accesses an address that is no multiple of `bytes`: does not return. Arguments as above.
void sheer_rt_misaligned(SheerFrame*, uint32_t group, const uint64_t* addresses, const uint32_t* mask, uint32_t n, uint32_t bytes,
                         uint32_t access, uint32_t line, uint32_t file);
// Counting mode: an access of a warp, at n addresses or in steps from `base`. `what`: bytes | SheerAccess << 8 | (1 global, 2 shared,
// 3 local, 0 generic) << 10 | 1 << 12 if no instruction of its own is to be counted for it | 1 << 13 for two
// accesses of half the size where an address is no multiple of the size. `site`: its number in the kernel.
void sheer_rt_count(SheerFrame*, uint32_t group, uint32_t site, uint32_t what, uint32_t mask, const uint64_t* addresses);
void sheer_rt_count_row(SheerFrame*, uint32_t group, uint32_t site, uint32_t what, uint32_t mask, uint64_t base, int64_t step);
// Texels of the lanes of a mask, four words a lane: word w of lane i is texels[w * n + i], its coordinate c coordinates[c * n + i].
// `site`: in counting mode the number of the access, else ~0.
void sheer_rt_texture(SheerFrame*, uint32_t group, uint32_t what, const uint64_t* objects, const uint32_t* coordinates,
                      const uint32_t* mask, uint32_t n, uint32_t* texels, uint32_t site, uint32_t line, uint32_t file);
// Elements to or from `values`: element e of lane i is the (e * n + i)th of its size. Coordinates: x y z, the layer.
void sheer_rt_surface(SheerFrame*, uint32_t group, uint32_t what, const uint64_t* objects, const uint32_t* coordinates,
                      const uint32_t* mask, uint32_t n, void* values, uint32_t site, uint32_t line, uint32_t file);
// What an object is (SheerImageQuery), of a level.
void sheer_rt_image(SheerFrame*, uint32_t group, uint32_t query, const uint64_t* objects, const uint32_t* levels, const uint32_t* mask,
                    uint32_t n, uint32_t* answers, uint32_t line, uint32_t file);
// 128 KB, 64-byte aligned, of the worker that runs the block: what is left there is gone once the caller has waited.
uint8_t* sheer_rt_scratch(SheerFrame*);
// Before and after a run of blocks of a kernel with such arrays. `others`: the pointers that its other accesses are made of, each set after
// its size.
void sheer_rt_private(SheerFrame*, SheerPrivate* arrays, uint32_t count, const uint64_t* others, uint32_t other_count);
void sheer_rt_private_end(SheerFrame*, SheerPrivate* arrays, uint32_t count);
}
