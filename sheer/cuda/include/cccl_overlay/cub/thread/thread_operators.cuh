// Names that CCCL up to 2.x had and 3.x has under cuda:: only.
#pragma once
#include_next <cub/thread/thread_operators.cuh>

#if CCCL_MAJOR_VERSION >= 3
#include <cuda/functional>
#include <cuda/std/functional>
#include <cuda/std/type_traits>

CUB_NAMESPACE_BEGIN
using Equality = ::cuda::std::equal_to<>;
using Inequality = ::cuda::std::not_equal_to<>;
using Sum = ::cuda::std::plus<>;
using Difference = ::cuda::std::minus<>;
using Division = ::cuda::std::divides<>;
using Max = ::cuda::maximum<>;
using Min = ::cuda::minimum<>;
template <int Value>
using Int2Type = ::cuda::std::integral_constant<int, Value>;
CUB_NAMESPACE_END
#endif
