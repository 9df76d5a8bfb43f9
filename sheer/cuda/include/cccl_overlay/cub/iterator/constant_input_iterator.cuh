// cub::ConstantInputIterator of CCCL up to 2.x: in 3.x it is thrust::constant_iterator.
#pragma once
#if __has_include_next(<cub/iterator/constant_input_iterator.cuh>)
#include_next <cub/iterator/constant_input_iterator.cuh>
#else
#include <cub/config.cuh>
#include <cuda/std/cstddef>
#include <thrust/iterator/constant_iterator.h>

_CCCL_SUPPRESS_DEPRECATED_PUSH
CUB_NAMESPACE_BEGIN
template <class Value, class Offset = ::cuda::std::ptrdiff_t>
using ConstantInputIterator = THRUST_NS_QUALIFIER::constant_iterator<Value, Offset>;
CUB_NAMESPACE_END
_CCCL_SUPPRESS_DEPRECATED_POP
#endif
