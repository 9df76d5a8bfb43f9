// What a C++ library would give, as far as the machine needs it: vectors, strings, a hash map, locks, futex
// waits. No exceptions and no run-time library: out of host memory ends the process with a message.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

inline void* operator new(size_t, void* where) noexcept { return where; }

namespace sheer {

#define SHEER_LIKELY(x) __builtin_expect(!!(x), 1)
#define SHEER_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SHEER_TLS __attribute__((tls_model("initial-exec"))) thread_local

template <class T>
struct RemoveRef {
  using type = T;
};
template <class T>
struct RemoveRef<T&> {
  using type = T;
};
template <class T>
struct RemoveRef<T&&> {
  using type = T;
};
template <class T>
constexpr typename RemoveRef<T>::type&& move(T&& v) {
  return static_cast<typename RemoveRef<T>::type&&>(v);
}
template <class T>
constexpr T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
constexpr T max(T a, T b) {
  return a < b ? b : a;
}
constexpr uint64_t round_up(uint64_t v, uint64_t to) { return (v + to - 1) / to * to; }

inline void* checked(void* memory) {
  if (SHEER_UNLIKELY(!memory)) {
    fputs("sheer: out of host memory\n", stderr);
    abort();
  }
  return memory;
}
template <class T, class... A>
T* make(A&&... args) {
  return new (checked(aligned_alloc(alignof(T) < 16 ? 16 : alignof(T),
                                    round_up(sizeof(T), alignof(T) < 16 ? 16 : alignof(T)))))
      T{static_cast<A&&>(args)...};
}
template <class T>
void drop(T* object) {
  if (!object) return;
  object->~T();
  free(object);
}

template <class T>
struct Vec {
  T* data = nullptr;
  uint32_t count = 0, room = 0;
  Vec() = default;
  Vec(const Vec& o) {
    for (uint32_t i = 0; i < o.count; i++) push(o.data[i]);
  }
  Vec(Vec&& o) : data(o.data), count(o.count), room(o.room) {
    o.data = nullptr;
    o.count = o.room = 0;
  }
  Vec& operator=(Vec o) {
    T* d = data;
    data = o.data;
    o.data = d;
    uint32_t c = count;
    count = o.count;
    o.count = c;
    c = room;
    room = o.room;
    o.room = c;
    return *this;
  }
  ~Vec() {
    clear();
    free(data);
  }
  T& operator[](uint32_t i) { return data[i]; }
  const T& operator[](uint32_t i) const { return data[i]; }
  T* begin() { return data; }
  T* end() { return data + count; }
  const T* begin() const { return data; }
  const T* end() const { return data + count; }
  T& back() { return data[count - 1]; }
  void reserve(uint32_t n) {
    if (n <= room) return;
    uint32_t want = max(n, max(8u, room * 2));
    T* fresh = static_cast<T*>(checked(malloc(sizeof(T) * size_t(want))));
    for (uint32_t i = 0; i < count; i++) {
      new (&fresh[i]) T(sheer::move(data[i]));
      data[i].~T();
    }
    free(data);
    data = fresh;
    room = want;
  }
  T& push(T v) {
    reserve(count + 1);
    return *new (&data[count++]) T(sheer::move(v));
  }
  void pop() { data[--count].~T(); }
  void insert(uint32_t at, T v) {
    push(sheer::move(v));
    for (uint32_t i = count - 1; i > at; i--) {
      T t = sheer::move(data[i]);
      data[i] = sheer::move(data[i - 1]);
      data[i - 1] = sheer::move(t);
    }
  }
  void remove(uint32_t at) {
    for (uint32_t i = at; i + 1 < count; i++) data[i] = sheer::move(data[i + 1]);
    pop();
  }
  bool remove_value(const T& v) {
    for (uint32_t i = 0; i < count; i++)
      if (data[i] == v) {
        remove(i);
        return true;
      }
    return false;
  }
  void clear() {
    while (count) pop();
  }
  void resize(uint32_t n) {
    reserve(n);
    while (count < n) new (&data[count++]) T();
    while (count > n) pop();
  }
};

struct String {
  Vec<char> bytes;  // always ended by a NUL that is not counted, once it holds anything
  String() = default;
  String(const char* s) { append(s, strlen(s)); }
  String(const char* s, size_t n) { append(s, n); }
  const char* c() const { return bytes.count ? bytes.data : ""; }
  uint32_t size() const { return bytes.count ? bytes.count - 1 : 0; }
  bool empty() const { return size() == 0; }
  String& append(const void* s, size_t n) {
    uint32_t old = size();
    bytes.reserve(uint32_t(old + n + 1));
    if (n) memcpy(bytes.data + old, s, n);
    bytes.count = uint32_t(old + n + 1);
    bytes.data[old + n] = 0;
    return *this;
  }
  String& operator+=(const char* s) { return append(s, strlen(s)); }
  String& operator+=(const String& s) { return append(s.c(), s.size()); }
  __attribute__((format(printf, 2, 3))) String& format(const char* f, ...) {
    va_list_holder h;
    __builtin_va_start(h.list, f);
    char small[512];
    int n = vsnprintf(small, sizeof small, f, h.list);
    __builtin_va_end(h.list);
    if (n < int(sizeof small)) return append(small, size_t(n < 0 ? 0 : n));
    char* big = static_cast<char*>(checked(malloc(size_t(n) + 1)));
    __builtin_va_start(h.list, f);
    vsnprintf(big, size_t(n) + 1, f, h.list);
    __builtin_va_end(h.list);
    append(big, size_t(n));
    free(big);
    return *this;
  }
  bool operator==(const String& o) const { return size() == o.size() && !memcmp(c(), o.c(), size()); }
  bool operator==(const char* o) const { return !strcmp(c(), o); }

 private:
  struct va_list_holder {
    __builtin_va_list list;
  };
};

inline uint64_t hash_of(uint64_t v) {
  v ^= v >> 32;
  v *= 0x9E3779B97F4A7C15ull;
  v ^= v >> 29;
  return v;
}
inline uint64_t hash_of(const String& s) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (uint32_t i = 0; i < s.size(); i++) h = (h ^ uint8_t(s.c()[i])) * 0x100000001b3ull;
  return hash_of(h);
}
template <class T>
uint64_t hash_of(T* p) {
  return hash_of(uint64_t(p));
}

// Open addressing; removal shifts back, so there are no tombstones.
template <class K, class V>
struct Map {
  struct Slot {
    K key;
    V value;
    bool used = false;
  };
  Vec<Slot> slots;
  uint32_t count = 0;
  V* find(const K& key) {
    if (!slots.count) return nullptr;
    for (uint32_t i = place(key);; i = (i + 1) & (slots.count - 1)) {
      if (!slots[i].used) return nullptr;
      if (slots[i].key == key) return &slots[i].value;
    }
  }
  V& operator[](const K& key) {
    if (V* v = find(key)) return *v;
    if ((count + 1) * 4 > slots.count * 3) grow();
    uint32_t i = place(key);
    while (slots[i].used) i = (i + 1) & (slots.count - 1);
    slots[i].key = key;
    slots[i].value = V();
    slots[i].used = true;
    count++;
    return slots[i].value;
  }
  bool remove(const K& key) {
    if (!slots.count) return false;
    uint32_t mask = slots.count - 1, i = place(key);
    for (;; i = (i + 1) & mask) {
      if (!slots[i].used) return false;
      if (slots[i].key == key) break;
    }
    for (uint32_t j = (i + 1) & mask; slots[j].used; j = (j + 1) & mask) {
      uint32_t home = place(slots[j].key);
      if (((j - home) & mask) >= ((j - i) & mask)) {
        slots[i].key = slots[j].key;
        slots[i].value = sheer::move(slots[j].value);
        i = j;
      }
    }
    slots[i] = Slot();
    count--;
    return true;
  }

 private:
  uint32_t place(const K& key) const { return uint32_t(hash_of(key)) & (slots.count - 1); }
  void grow() {
    Vec<Slot> old = sheer::move(slots);
    slots = Vec<Slot>();
    slots.resize(old.count ? old.count * 2 : 16);
    count = 0;
    for (Slot& s : old)
      if (s.used) (*this)[s.key] = sheer::move(s.value);
  }
};

template <class T>
T load(const T& v) {
  return __atomic_load_n(&v, __ATOMIC_ACQUIRE);
}
template <class T>
T load_relaxed(const T& v) {
  return __atomic_load_n(&v, __ATOMIC_RELAXED);
}
template <class T, class U>
void store(T& v, U to) {
  __atomic_store_n(&v, T(to), __ATOMIC_RELEASE);
}
template <class T, class U>
T fetch_add(T& v, U by) {
  return __atomic_fetch_add(&v, T(by), __ATOMIC_ACQ_REL);
}
template <class T, class U>
T fetch_sub(T& v, U by) {
  return __atomic_fetch_sub(&v, T(by), __ATOMIC_ACQ_REL);
}
template <class T, class U>
bool compare_swap(T& v, T& expected, U to) {
  return __atomic_compare_exchange_n(&v, &expected, T(to), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
inline void cpu_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Sleeps while *word == expected, at most `timeout_ns` (0: for ever). May wake without cause.
void futex_wait(const uint32_t* word, uint32_t expected, uint64_t timeout_ns = 0);
void futex_wake(const uint32_t* word, int threads);

struct Mutex {
  uint32_t state = 0;  // 0 free, 1 held, 2 held and somebody sleeps
  void lock() {
    uint32_t free_state = 0;
    if (SHEER_LIKELY(compare_swap(state, free_state, 1u))) return;
    lock_slow();
  }
  void unlock() {
    if (__atomic_exchange_n(&state, 0u, __ATOMIC_RELEASE) == 2) futex_wake(&state, 1);
  }
  void lock_slow();
};
struct Hold {
  Mutex& mutex;
  explicit Hold(Mutex& m) : mutex(m) { m.lock(); }
  ~Hold() { mutex.unlock(); }
  Hold(const Hold&) = delete;
};
}  // namespace sheer
