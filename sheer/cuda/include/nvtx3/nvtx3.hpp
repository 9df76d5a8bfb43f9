/* The C++ face of NVTX: scoped ranges, marks, domains. Nothing listens, so all of it vanishes when compiled.
 */
#ifndef NVTX3_CPP_VERSION_MAJOR
#define NVTX3_CPP_VERSION_MAJOR 1
#define NVTX3_CPP_VERSION_MINOR 0

#include <cstddef>
#include <cstdint>
#include <string>

#include "nvToolsExt.h"

namespace nvtx3 {
inline namespace v1 {
struct rgb {
  std::uint8_t red, green, blue;
  constexpr rgb(std::uint8_t r, std::uint8_t g, std::uint8_t b) : red(r), green(g), blue(b) {}
};
struct argb {
  std::uint8_t alpha, red, green, blue;
  constexpr argb(std::uint8_t a, std::uint8_t r, std::uint8_t g, std::uint8_t b)
      : alpha(a), red(r), green(g), blue(b) {}
};
struct color {
  constexpr explicit color(std::uint32_t) noexcept {}
  constexpr color(rgb) noexcept {}
  constexpr color(argb) noexcept {}
};
struct category {
  constexpr explicit category(std::uint32_t) noexcept {}
};
template <class D>
struct named_category_in : category {
  template <class T>
  explicit named_category_in(std::uint32_t id, const T &) noexcept : category(id) {}
};
struct payload {
  template <class T>
  constexpr explicit payload(T) noexcept {}
};
struct message {
  template <class T>
  constexpr message(const T &) noexcept {}
};
struct domain {
  struct global;
};
template <class D>
struct registered_string_in {
  template <class T>
  explicit registered_string_in(const T &) noexcept {}
  template <class M>
  static const registered_string_in &get() {
    static const registered_string_in one(0);
    return one;
  }
};
class event_attributes {
 public:
  template <class... T>
  constexpr event_attributes(const T &...) noexcept {}
};
template <class D = domain::global>
class scoped_range_in {
 public:
  template <class... T>
  explicit scoped_range_in(const T &...) noexcept {}
  scoped_range_in(const scoped_range_in &) = delete;
  scoped_range_in &operator=(const scoped_range_in &) = delete;
  ~scoped_range_in() noexcept {}
};
using scoped_range = scoped_range_in<domain::global>;
template <class D = domain::global>
class unique_range_in {
 public:
  template <class... T>
  explicit unique_range_in(const T &...) noexcept {}
  unique_range_in(unique_range_in &&) noexcept {}
  unique_range_in &operator=(unique_range_in &&) noexcept { return *this; }
  ~unique_range_in() noexcept {}
};
using unique_range = unique_range_in<domain::global>;
struct range_handle {
  std::uint64_t id = 0;
};
template <class D = domain::global, class... T>
range_handle start_range_in(const T &...) noexcept {
  return {};
}
template <class... T>
range_handle start_range(const T &...) noexcept {
  return {};
}
template <class D = domain::global>
void end_range_in(range_handle) noexcept {}
inline void end_range(range_handle) noexcept {}
template <class D = domain::global, class... T>
void mark_in(const T &...) noexcept {}
template <class... T>
void mark(const T &...) noexcept {}
using registered_string = registered_string_in<domain::global>;
using named_category = named_category_in<domain::global>;
}  // namespace v1
}  // namespace nvtx3

#define NVTX3_FUNC_RANGE_IN(D) \
  ::nvtx3::scoped_range_in<D> nvtx3_func_range_ { __func__ }
#define NVTX3_FUNC_RANGE() NVTX3_FUNC_RANGE_IN(::nvtx3::domain::global)
#define NVTX3_FUNC_RANGE_IF_IN(D, condition) ((void)(condition))
#define NVTX3_FUNC_RANGE_IF(condition) ((void)(condition))

#endif
