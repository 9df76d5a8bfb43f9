/* Cooperative groups: sets of threads as objects, with their synchronisation and exchange. */
#ifndef SHEER_COOPERATIVE_GROUPS_H
#define SHEER_COOPERATIVE_GROUPS_H
#define _COOPERATIVE_GROUPS_H_

#include "cuda_runtime.h"

#if defined(__CUDA__) && defined(__cplusplus)

extern "C" __device__ __attribute__((convergent)) void __sheer_grid_sync();

namespace cooperative_groups {
/* libcu++ declares two of the classes ahead in this inner namespace, not inline. */
namespace __v1 {

#define SHEER_CG __device__ __inline__ __attribute__((always_inline))

namespace details {
SHEER_CG unsigned lane() {
  unsigned l;
  asm("mov.u32 %0, %%laneid;" : "=r"(l));
  return l;
}
SHEER_CG unsigned block_rank() { return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x; }
SHEER_CG unsigned block_size() { return blockDim.x * blockDim.y * blockDim.z; }

/* A value of any type that may be copied byte by byte, each word of it sent through `exchange`. */
template <class T, class F> SHEER_CG T by_words(T value, F exchange) {
  unsigned words[(sizeof(T) + 3) / 4] = {};
  __builtin_memcpy(words, &value, sizeof(T));
  for (unsigned i = 0; i < (sizeof(T) + 3) / 4; ++i) words[i] = exchange(words[i]);
  __builtin_memcpy(static_cast<void *>(&value), words, sizeof(T));
  return value;
}
}  // namespace details

/* All threads of the grid; sync() needs a cooperative launch. */
class grid_group {
 public:
  SHEER_CG bool is_valid() const { return true; }
  struct arrival_token {};
  SHEER_CG void sync() const { __threadfence(); __sheer_grid_sync(); }
  SHEER_CG arrival_token barrier_arrive() const { return {}; }
  SHEER_CG void barrier_wait(arrival_token &&) const { sync(); }
  SHEER_CG static unsigned long long size() { return num_threads(); }
  SHEER_CG static unsigned long long num_threads() { return num_blocks() * details::block_size(); }
  SHEER_CG static unsigned long long num_blocks() { return (unsigned long long)gridDim.x * gridDim.y * gridDim.z; }
  SHEER_CG static unsigned long long block_rank() {
    return ((unsigned long long)blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  }
  SHEER_CG static unsigned long long thread_rank() {
    return block_rank() * details::block_size() + details::block_rank();
  }
  SHEER_CG static dim3 group_dim() { return dim3(gridDim.x, gridDim.y, gridDim.z); }
  SHEER_CG static dim3 dim_blocks() { return group_dim(); }
  SHEER_CG static dim3 block_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
};
SHEER_CG grid_group this_grid() { return grid_group(); }

/* All threads of the block. */
class thread_block {
 public:
  struct arrival_token {};
  SHEER_CG static void sync() { __syncthreads(); }
  /* Who has arrived waits later; nobody comes past wait before all have come to theirs. */
  SHEER_CG static arrival_token barrier_arrive() { return {}; }
  SHEER_CG static void barrier_wait(arrival_token &&) { sync(); }
  SHEER_CG static unsigned size() { return details::block_size(); }
  SHEER_CG static unsigned num_threads() { return details::block_size(); }
  SHEER_CG static unsigned thread_rank() { return details::block_rank(); }
  SHEER_CG static dim3 group_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
  SHEER_CG static dim3 thread_index() { return dim3(threadIdx.x, threadIdx.y, threadIdx.z); }
  SHEER_CG static dim3 group_dim() { return dim3(blockDim.x, blockDim.y, blockDim.z); }
  SHEER_CG static dim3 dim_threads() { return group_dim(); }
};
SHEER_CG thread_block this_thread_block() { return thread_block(); }

/* Memory for tiles of several warps: capability 8.0 has no need of it, and neither have we. */
template <unsigned MaxBlockSize = 1024> struct block_tile_memory { unsigned unused; };
template <unsigned MaxBlockSize> SHEER_CG thread_block this_thread_block(block_tile_memory<MaxBlockSize> &) {
  return thread_block();
}

/* What tiles and coalesced groups share: a mask of lanes of one warp, in rank order. */
class lane_group {
 protected:
  unsigned mask_, size_, rank_;
  unsigned meta_rank_, meta_size_;
  SHEER_CG lane_group(unsigned mask, unsigned size, unsigned rank, unsigned meta_rank, unsigned meta_size)
      : mask_(mask), size_(size), rank_(rank), meta_rank_(meta_rank), meta_size_(meta_size) {}
  /* The lane that holds a rank. */
  SHEER_CG unsigned lane_of(unsigned rank) const {
    unsigned m = mask_;
    for (unsigned i = 0; i < rank; ++i) m &= m - 1;
    return __ffs(m) - 1;
  }
  SHEER_CG unsigned packed(unsigned lanes) const {
    unsigned result = 0, m = mask_;
    for (unsigned i = 0; m; ++i, m &= m - 1) result |= (lanes >> (__ffs(m) - 1) & 1u) << i;
    return result;
  }

 public:
  SHEER_CG void sync() const { __syncwarp(mask_); }
  SHEER_CG unsigned size() const { return size_; }
  SHEER_CG unsigned num_threads() const { return size_; }
  SHEER_CG unsigned thread_rank() const { return rank_; }
  SHEER_CG unsigned meta_group_rank() const { return meta_rank_; }
  SHEER_CG unsigned meta_group_size() const { return meta_size_; }
  SHEER_CG unsigned sheer_mask() const { return mask_; }
};

/* The threads of a warp that are active together. */
class coalesced_group : public lane_group {
 public:
  SHEER_CG coalesced_group(unsigned mask, unsigned meta_rank = 0, unsigned meta_size = 1)
      : lane_group(mask, __popc(mask), __popc(mask & ((1u << details::lane()) - 1)), meta_rank, meta_size) {}
  template <class T> SHEER_CG T shfl(T value, unsigned rank) const {
    unsigned mask = mask_, lane = lane_of(rank % size_);
    return details::by_words(value, [=](unsigned word) { return __shfl_sync(mask, word, lane); });
  }
  template <class T> SHEER_CG T shfl_up(T value, unsigned delta) const {
    unsigned from = rank_ >= delta ? rank_ - delta : rank_;
    unsigned mask = mask_, lane = lane_of(from);
    return details::by_words(value, [=](unsigned word) { return __shfl_sync(mask, word, lane); });
  }
  template <class T> SHEER_CG T shfl_down(T value, unsigned delta) const {
    unsigned from = rank_ + delta < size_ ? rank_ + delta : rank_;
    unsigned mask = mask_, lane = lane_of(from);
    return details::by_words(value, [=](unsigned word) { return __shfl_sync(mask, word, lane); });
  }
  SHEER_CG int any(int predicate) const { return __any_sync(mask_, predicate); }
  SHEER_CG int all(int predicate) const { return __all_sync(mask_, predicate); }
  SHEER_CG unsigned ballot(int predicate) const { return packed(__ballot_sync(mask_, predicate)); }
  template <class T> SHEER_CG unsigned match_any(T value) const { return packed(__match_any_sync(mask_, value)); }
  template <class T> SHEER_CG unsigned match_all(T value, int &predicate) const {
    return packed(__match_all_sync(mask_, value, &predicate));
  }
};
SHEER_CG coalesced_group coalesced_threads() { return coalesced_group(__activemask()); }

template <unsigned Size, bool Wide = (Size > 32)> class thread_block_tile_base : public lane_group {
  SHEER_CG static unsigned mask_of() {
    return Size == 32 ? 0xffffffffu : ((1u << (Size % 32)) - 1) << (details::lane() & ~(Size - 1));
  }

 public:
  SHEER_CG thread_block_tile_base(unsigned meta_rank, unsigned meta_size)
      : lane_group(mask_of(), Size, details::lane() & (Size - 1), meta_rank, meta_size) {}
  SHEER_CG static constexpr unsigned size() { return Size; }
  SHEER_CG static constexpr unsigned num_threads() { return Size; }
  SHEER_CG unsigned thread_rank() const { return details::lane() & (Size - 1); }
  template <class T> SHEER_CG T shfl(T value, int rank) const {
    unsigned mask = mask_;
    return details::by_words(value, [=](unsigned word) { return __shfl_sync(mask, word, rank, Size); });
  }
  template <class T> SHEER_CG T shfl_up(T value, unsigned delta) const {
    unsigned mask = mask_;
    return details::by_words(value, [=](unsigned word) { return __shfl_up_sync(mask, word, delta, Size); });
  }
  template <class T> SHEER_CG T shfl_down(T value, unsigned delta) const {
    unsigned mask = mask_;
    return details::by_words(value, [=](unsigned word) { return __shfl_down_sync(mask, word, delta, Size); });
  }
  template <class T> SHEER_CG T shfl_xor(T value, unsigned lanes) const {
    unsigned mask = mask_;
    return details::by_words(value, [=](unsigned word) { return __shfl_xor_sync(mask, word, lanes, Size); });
  }
  SHEER_CG int any(int predicate) const { return __any_sync(mask_, predicate); }
  SHEER_CG int all(int predicate) const { return __all_sync(mask_, predicate); }
  SHEER_CG unsigned ballot(int predicate) const {
    return __ballot_sync(mask_, predicate) >> (details::lane() & ~(Size - 1) & 31u);
  }
  template <class T> SHEER_CG unsigned match_any(T value) const {
    return __match_any_sync(mask_, value) >> (details::lane() & ~(Size - 1) & 31u);
  }
  template <class T> SHEER_CG unsigned match_all(T value, int &predicate) const {
    return __match_all_sync(mask_, value, &predicate) >> (details::lane() & ~(Size - 1) & 31u);
  }
};
/* A tile of several warps waits at a barrier of its own, beyond those that PTX has: tiles are numbered as in a heap. */
template <unsigned Size> class thread_block_tile_base<Size, true> {
  unsigned meta_rank_, meta_size_;
  SHEER_CG static unsigned barrier() { return 16 + 1024 / Size + details::block_rank() / Size; }

 public:
  SHEER_CG thread_block_tile_base(unsigned meta_rank, unsigned meta_size)
      : meta_rank_(meta_rank), meta_size_(meta_size) {}
  SHEER_CG static constexpr unsigned size() { return Size; }
  SHEER_CG static constexpr unsigned num_threads() { return Size; }
  SHEER_CG unsigned thread_rank() const { return details::block_rank() & (Size - 1); }
  SHEER_CG unsigned meta_group_rank() const { return meta_rank_; }
  SHEER_CG unsigned meta_group_size() const { return meta_size_; }
  SHEER_CG void sync() const { asm volatile("barrier.sync %0, %1;" : : "r"(barrier()), "r"(Size) : "memory"); }
#define SHEER_CG_VOTE(name, op) \
  SHEER_CG int name(int predicate) const { \
    int result; \
    asm volatile("{ .reg .pred p, q; setp.ne.b32 p, %1, 0; barrier.red." op ".pred q, %2, %3, p; selp.b32 %0, 1, 0, q; }" \
                 : "=r"(result) : "r"(predicate), "r"(barrier()), "r"(Size) : "memory"); \
    return result; \
  }
  SHEER_CG_VOTE(any, "or")
  SHEER_CG_VOTE(all, "and")
#undef SHEER_CG_VOTE
};

template <unsigned Size, class Parent = void> class thread_block_tile : public thread_block_tile_base<Size> {
 public:
  SHEER_CG thread_block_tile(unsigned meta_rank, unsigned meta_size)
      : thread_block_tile_base<Size>(meta_rank, meta_size) {}
  template <class Other> SHEER_CG thread_block_tile(const thread_block_tile<Size, Other> &t)
      : thread_block_tile_base<Size>(t.meta_group_rank(), t.meta_group_size()) {}
};

template <unsigned Size> SHEER_CG thread_block_tile<Size, thread_block> tiled_partition(const thread_block &b) {
  static_assert(Size && Size <= 1024 && (Size & (Size - 1)) == 0, "a tile has 1, 2, 4 ... or 1024 threads");
  return thread_block_tile<Size, thread_block>(b.thread_rank() / Size, (b.size() + Size - 1) / Size);
}
template <unsigned Size, unsigned Outer, class P>
SHEER_CG thread_block_tile<Size, thread_block_tile<Outer, P>> tiled_partition(const thread_block_tile<Outer, P> &t) {
  static_assert(Size <= Outer, "a tile's part can't be larger than the tile");
  return thread_block_tile<Size, thread_block_tile<Outer, P>>(t.thread_rank() / Size, Outer / Size);
}

/* Any group of at most a warp whose size is known at run time, a block, or a single thread. */
class thread_group {
  unsigned kind_;      /* 0 block, 1 lanes */
  unsigned mask_;

 public:
  SHEER_CG thread_group(const thread_block &) : kind_(0), mask_(0) {}
  SHEER_CG thread_group(const coalesced_group &g) : kind_(1), mask_(g.sheer_mask()) {}
  template <unsigned S, class P> SHEER_CG thread_group(const thread_block_tile<S, P> &t) : kind_(1), mask_(t.sheer_mask()) {}
  SHEER_CG void sync() const {
    if (kind_ == 0) __syncthreads();
    else __syncwarp(mask_);
  }
  SHEER_CG unsigned size() const { return kind_ == 0 ? details::block_size() : __popc(mask_); }
  SHEER_CG unsigned num_threads() const { return size(); }
  SHEER_CG unsigned thread_rank() const {
    return kind_ == 0 ? details::block_rank() : __popc(mask_ & ((1u << details::lane()) - 1));
  }
  SHEER_CG bool is_block() const { return kind_ == 0; }
  SHEER_CG unsigned sheer_mask() const { return mask_; }
};
SHEER_CG coalesced_group tiled_partition(const coalesced_group &g, unsigned size) {
  unsigned first = g.thread_rank() / size * size, m = g.sheer_mask(), part = 0;
  for (unsigned i = 0; m && i < first + size; ++i, m &= m - 1)
    if (i >= first) part |= m & (0u - m);
  return coalesced_group(part, g.thread_rank() / size, (g.size() + size - 1) / size);
}
SHEER_CG thread_group tiled_partition(const thread_group &g, unsigned size) {
  unsigned whole = g.is_block() ? 0xffffffffu : g.sheer_mask();
  unsigned first = details::lane() / size * size;
  unsigned part = size >= 32 ? whole : whole & (((1u << size) - 1) << first);
  return thread_group(g.is_block() ? coalesced_group(part) : tiled_partition(coalesced_group(whole), size));
}
template <class G> SHEER_CG coalesced_group labeled_partition(const G &g, int label) {
  return coalesced_group(__match_any_sync(g.sheer_mask(), label));
}
template <class G> SHEER_CG coalesced_group binary_partition(const G &g, bool predicate) {
  unsigned yes = __ballot_sync(g.sheer_mask(), predicate);
  return coalesced_group(predicate ? yes : g.sheer_mask() & ~yes);
}
/* The size that programs write is that of the tile which is parted, and may be left out. */
template <unsigned Size, class P> SHEER_CG coalesced_group labeled_partition(const thread_block_tile<Size, P> &g, int label) {
  return labeled_partition<thread_block_tile<Size, P>>(g, label);
}
template <unsigned Size, class P> SHEER_CG coalesced_group binary_partition(const thread_block_tile<Size, P> &g, bool predicate) {
  return binary_partition<thread_block_tile<Size, P>>(g, predicate);
}

SHEER_CG thread_block_tile<1, void> this_thread() { return thread_block_tile<1, void>(0, 1); }
template <class G> SHEER_CG void sync(const G &g) { g.sync(); }
template <class G> SHEER_CG unsigned long long thread_rank(const G &g) { return g.thread_rank(); }
template <class G> SHEER_CG unsigned long long group_size(const G &g) { return g.size(); }
template <class G, class F, class... Args> SHEER_CG void invoke_one(const G &g, F &&f, Args &&...args) {
  if (g.thread_rank() == 0) static_cast<F &&>(f)(static_cast<Args &&>(args)...);
}
/* What one thread of a tile or of a coalesced group computes, for all of them. */
template <class G, class F, class... Args>
SHEER_CG auto invoke_one_broadcast(const G &g, F &&f, Args &&...args) -> decltype(static_cast<F &&>(f)(static_cast<Args &&>(args)...)) {
  using T = decltype(static_cast<F &&>(f)(static_cast<Args &&>(args)...));
  alignas(T) unsigned char room[sizeof(T)] = {};
  if (g.thread_rank() == 0) {
    T made = static_cast<F &&>(f)(static_cast<Args &&>(args)...);
    __builtin_memcpy(room, &made, sizeof(T));
  }
  return g.shfl(*reinterpret_cast<T *>(room), 0);
}

/* Copies by all threads of a group; they are complete at wait(). */
template <class G> SHEER_CG void memcpy_async(const G &g, void *to, const void *from, size_t bytes) {
  size_t words = bytes / 4;
  for (size_t i = g.thread_rank(); i < words; i += g.size()) ((unsigned *)to)[i] = ((const unsigned *)from)[i];
  for (size_t i = words * 4 + g.thread_rank(); i < bytes; i += g.size()) ((char *)to)[i] = ((const char *)from)[i];
}
template <class G, class T> SHEER_CG void memcpy_async(const G &g, T *to, const T *from, size_t bytes) {
  memcpy_async(g, (void *)to, (const void *)from, bytes);
}
template <class G, class T>
SHEER_CG void memcpy_async(const G &g, T *to, size_t room, const T *from, size_t count) {
  memcpy_async(g, (void *)to, (const void *)from, (room < count ? room : count) * sizeof(T));
}
template <class G> SHEER_CG void wait(const G &g) { g.sync(); }
template <unsigned Stages, class G> SHEER_CG void wait_prior(const G &g) { g.sync(); }

#undef SHEER_CG
}  // namespace __v1
using namespace __v1;
}  // namespace cooperative_groups

#endif
#endif
