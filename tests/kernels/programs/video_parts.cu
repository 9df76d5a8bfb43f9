// Video instructions on parts of registers, in inline assembly: what the parser makes of selectors, against plain arithmetic.
#include <cstdio>
#include <cstdlib>

typedef unsigned u32;
const int N = 256, RESULTS = 8;

__global__ void device(const u32 *in, u32 *out) {
  int i = threadIdx.x;
  u32 a = in[2 * i], b = in[2 * i + 1], *r = out + RESULTS * i;
  asm("vadd.u32.u32.u32 %0, %1, %2;" : "=r"(r[0]) : "r"(a), "r"(b));
  asm("vadd.s32.s32.u32.sat %0, %1.b3, %2.h0;" : "=r"(r[1]) : "r"(a), "r"(b));
  asm("vsub.u32.u32.u32.sat.min %0, %1.b0, %2.b1, %3;" : "=r"(r[2]) : "r"(a), "r"(b), "r"(b >> 20));
  asm("vabsdiff.u32.s32.s32.sat %0.b2, %1.h1, %2.h0, %3;" : "=r"(r[3]) : "r"(a), "r"(b), "r"(b));
  asm("vshl.u32.u32.u32.clamp.add %0, %1, 4, %2;" : "=r"(r[4]) : "r"(a), "r"(b));
  asm("vshr.u32.u32.u32.clamp.add %0, %1, %2.b1, %2;" : "=r"(r[5]) : "r"(a), "r"(b));
  asm("{ .reg .u32 t; mov.u32 t, %1; vmad.s32.s32.u32.shr7 %0, t.h1, %2.b0, t; }" : "=r"(r[6]) : "r"(a), "r"(b));
  asm("vset.s32.s32.lt.add %0, %1.h0, %2.h1, %3;" : "=r"(r[7]) : "r"(a), "r"(b), "r"(a));
}

static void host(u32 a, u32 b, u32 *r) {
  long difference = (int)(a & 255) - (int)(b >> 8 & 255), apart = labs((long)(short)(a >> 16) - (short)b);
  u32 positive = difference < 0 ? 0 : difference, byte = apart > 255 ? 255 : apart;
  r[0] = a + b;
  r[1] = (signed char)(a >> 24) + (b & 0xffff);
  r[2] = positive < b >> 20 ? positive : b >> 20;
  r[3] = (b & 0xff00ffff) | byte << 16;
  r[4] = (a << 4) + b;
  r[5] = ((b >> 8 & 255) > 31 ? 0 : a >> (b >> 8 & 255)) + b;
  r[6] = (u32)(((long)(short)(a >> 16) * (b & 255) + (int)a) >> 7);
  r[7] = ((short)a < (short)(b >> 16)) + a;
}

int main() {
  u32 *in, *out, wrong = 0, state = 1;
  cudaMallocManaged(&in, 2 * N * sizeof *in);
  cudaMallocManaged(&out, RESULTS * N * sizeof *out);
  for (int i = 0; i < 2 * N; ++i) {
    state = state * 1664525u + 1013904223u;
    in[i] = state >> (i % 5 * 4) ^ (i % 3 ? 0 : state << 9);
  }
  device<<<1, N>>>(in, out);
  if (cudaDeviceSynchronize() != cudaSuccess) return puts("launch failed"), 1;
  for (int i = 0; i < N; ++i) {
    u32 r[RESULTS];
    host(in[2 * i], in[2 * i + 1], r);
    for (int j = 0; j < RESULTS; ++j)
      if (r[j] != out[RESULTS * i + j] && wrong++ < 8)
        printf("result %d of %08x, %08x: %08x, not %08x\n", j, in[2 * i], in[2 * i + 1], out[RESULTS * i + j], r[j]);
  }
  puts(wrong ? "FAILED" : "PASSED");
  return wrong != 0;
}
