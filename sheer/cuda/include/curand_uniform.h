/* Part of curand_kernel.h, under the name by which programs also include it. */
#include "curand_kernel.h"
