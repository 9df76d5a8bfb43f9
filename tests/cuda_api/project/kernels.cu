__global__ void increment(int* p) { p[threadIdx.x] += 1; }
void add_one(int* p) { increment<<<1, 32>>>(p); }
