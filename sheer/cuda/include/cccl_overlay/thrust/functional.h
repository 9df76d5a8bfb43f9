// CCCL up to 2.x brought these in along the way, and programs written with it count on them; 3.x does not.
#pragma once
#include_next <thrust/functional.h>
#include <thrust/distance.h>
#include <thrust/tuple.h>

#include <iostream>
