// As device_vector.h: thrust::pair came along.
#pragma once
#include_next <thrust/tuple.h>
#include <thrust/pair.h>
