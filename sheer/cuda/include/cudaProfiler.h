/* Profiler control of the driver API: declared with all other functions. */
#ifndef SHEER_CUDAPROFILER_H
#define SHEER_CUDAPROFILER_H

#include "cuda.h"

#endif
