// The high half of a 64-bit product, signed and not, where the partial products carry: against the host's 128-bit integers.
#include <cstdio>
#include <cuda_runtime.h>

__global__ void high(const unsigned long long *a, const unsigned long long *b, unsigned long long *u, long long *s, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    u[i] = __umul64hi(a[i], b[i]);
    s[i] = __mul64hi((long long)a[i], (long long)b[i]);
}

int main() {
    const unsigned long long edges[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x1ffffffff, 0x80000001fffffffe,
                                        0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xffffffff00000000,
                                        0xfffffffeffffffff, 0xffffffffffffffff, 0x123456789abcdef0, 0xfedcba9876543210};
    const int count = sizeof edges / sizeof *edges, n = count * count;
    unsigned long long *a, *b, *u;
    long long *s;
    cudaMallocManaged(&a, n * 8);
    cudaMallocManaged(&b, n * 8);
    cudaMallocManaged(&u, n * 8);
    cudaMallocManaged(&s, n * 8);
    for (int i = 0; i < n; i++) a[i] = edges[i / count], b[i] = edges[i % count];
    high<<<(n + 127) / 128, 128>>>(a, b, u, s, n);
    if (cudaDeviceSynchronize() != cudaSuccess) return 2;
    for (int i = 0; i < n; i++) {
        unsigned long long unsigned_high = (unsigned __int128)a[i] * b[i] >> 64;
        long long signed_high = (__int128)(long long)a[i] * (long long)b[i] >> 64;
        if (u[i] != unsigned_high || s[i] != signed_high) {
            printf("%llx * %llx: %llx, %llx\n", a[i], b[i], u[i], (unsigned long long)s[i]);
            return 1;
        }
    }
    return 0;
}
