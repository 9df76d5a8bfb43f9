// CCCL up to 2.x brought these in along the way and had the names below, and programs written with it count on them; 3.x does not.
#pragma once
#include_next <thrust/functional.h>
#include <thrust/distance.h>
#include <thrust/tuple.h>

#include <iostream>

#if CCCL_MAJOR_VERSION >= 3
THRUST_NAMESPACE_BEGIN
template <class Argument, class Result>
struct unary_function {
  using argument_type = Argument;
  using result_type = Result;
};
template <class First, class Second, class Result>
struct binary_function {
  using first_argument_type = First;
  using second_argument_type = Second;
  using result_type = Result;
};
template <class T = void>
struct identity {
  using argument_type = T;
  using result_type = T;
  _CCCL_HOST_DEVICE constexpr const T& operator()(const T& value) const { return value; }
};
template <>
struct identity<void> {
  template <class T>
  _CCCL_HOST_DEVICE constexpr T&& operator()(T&& value) const { return static_cast<T&&>(value); }
};
THRUST_NAMESPACE_END
#endif
