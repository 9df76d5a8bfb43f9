// cp.async as programs write it by hand: sizes of prefetches, policies of the cache, source sizes, sources left out, guards.
#include <cstdio>

__global__ void copies(const int4* in, int4* out) {
  __shared__ int4 place[5][32];
  int t = threadIdx.x;
  unsigned at[5];
  for (int i = 0; i < 5; i++) {
    at[i] = (unsigned)__cvta_generic_to_shared(&place[i][t]);
    place[i][t] = make_int4(-1, -1, -1, -1);
  }
  unsigned long long policy;
  asm volatile("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(at[0]), "l"(in + t), "r"(t % 17));
  asm volatile("cp.async.ca.shared::cta.global.L2::cache_hint.L2::64B [%0], [%1], 16, %2;" ::"r"(at[1]), "l"(in + t), "l"(policy));
  asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2, %3;" ::"r"(at[2]), "l"(in + t), "r"(t & 8), "l"(policy));
  asm volatile("{.reg .pred p; setp.ne.s32 p, %2, 0; cp.async.cg.shared.global [%0], [%1], 16, p;}" ::"r"(at[3]), "l"(in + t), "r"(t & 1));
  asm volatile("{.reg .pred p; setp.ne.s32 p, %2, 0; @p cp.async.cg.shared.global.L2::256B [%0], [%1], 16;}" ::"r"(at[4]), "l"(in + t),
               "r"(t & 1));
  asm volatile("cp.async.wait_all;");
  for (int i = 0; i < 5; i++) out[i * 32 + t] = place[i][t];
}

int main() {
  unsigned char *in, *out;
  int bad = 0;
  cudaMallocManaged(&in, 512);
  cudaMallocManaged(&out, 5 * 512);
  for (int i = 0; i < 512; i++) in[i] = i % 251 + 1;
  copies<<<1, 32>>>((int4*)in, (int4*)out);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int t = 0; t < 32; t++)
    for (int byte = 0; byte < 16; byte++) {
      const int sizes[] = {t % 17, 16, t & 8, t & 1 ? 0 : 16, 16};
      for (int i = 0; i < 5; i++) {
        int wanted = i == 4 && !(t & 1) ? 255 : byte < sizes[i] ? in[t * 16 + byte] : 0;
        bad += out[(i * 32 + t) * 16 + byte] != wanted;
      }
    }
  printf("%d wrong\n", bad);
  return bad != 0;
}
