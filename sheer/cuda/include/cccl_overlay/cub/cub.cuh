// The iterators that CCCL up to 2.x had in cub; 3.x has them in thrust only.
#pragma once
#include_next <cub/cub.cuh>
#include <cub/iterator/constant_input_iterator.cuh>
#include <cub/iterator/counting_input_iterator.cuh>
#include <cub/iterator/discard_output_iterator.cuh>
#include <cub/iterator/transform_input_iterator.cuh>
