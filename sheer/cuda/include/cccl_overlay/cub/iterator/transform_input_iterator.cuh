// cub::TransformInputIterator of CCCL up to 2.x: in 3.x it is thrust::transform_iterator.
#pragma once
#if __has_include_next(<cub/iterator/transform_input_iterator.cuh>)
#include_next <cub/iterator/transform_input_iterator.cuh>
#else
#include <cub/config.cuh>
#include <cuda/std/cstddef>
#include <thrust/iterator/transform_iterator.h>

_CCCL_SUPPRESS_DEPRECATED_PUSH
CUB_NAMESPACE_BEGIN
template <class Value, class Operation, class Iterator, class Offset = ::cuda::std::ptrdiff_t>
using TransformInputIterator =
    THRUST_NS_QUALIFIER::transform_iterator<Operation, Iterator, Value, Value>;
CUB_NAMESPACE_END
_CCCL_SUPPRESS_DEPRECATED_POP
#endif
