// cub::DiscardOutputIterator of CCCL up to 2.x: in 3.x it is thrust::discard_iterator.
#pragma once
#if __has_include_next(<cub/iterator/discard_output_iterator.cuh>)
#include_next <cub/iterator/discard_output_iterator.cuh>
#else
#include <cub/config.cuh>
#include <cuda/std/cstddef>
#include <thrust/iterator/discard_iterator.h>

_CCCL_SUPPRESS_DEPRECATED_PUSH
CUB_NAMESPACE_BEGIN
template <class Offset = ::cuda::std::ptrdiff_t>
using DiscardOutputIterator = THRUST_NS_QUALIFIER::discard_iterator<>;
CUB_NAMESPACE_END
_CCCL_SUPPRESS_DEPRECATED_POP
#endif
