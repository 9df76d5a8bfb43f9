// cub::CountingInputIterator of CCCL up to 2.x: in 3.x it is thrust::counting_iterator.
#pragma once
#if __has_include_next(<cub/iterator/counting_input_iterator.cuh>)
#include_next <cub/iterator/counting_input_iterator.cuh>
#else
#include <cub/config.cuh>
#include <cuda/std/cstddef>
#include <thrust/iterator/counting_iterator.h>

_CCCL_SUPPRESS_DEPRECATED_PUSH
CUB_NAMESPACE_BEGIN
template <class Value, class Offset = ::cuda::std::ptrdiff_t>
using CountingInputIterator =
    THRUST_NS_QUALIFIER::counting_iterator<Value, THRUST_NS_QUALIFIER::use_default, THRUST_NS_QUALIFIER::use_default, Offset>;
CUB_NAMESPACE_END
_CCCL_SUPPRESS_DEPRECATED_POP
#endif
