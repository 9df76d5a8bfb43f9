// Halfword and byte intrinsics against values worked out by hand from their definitions.
#include <cstdio>

__global__ void all(unsigned* d) {
  unsigned x = 0x8000ff7fu, y = 0x7fff0001u;
  int i = 0;
  d[i++] = __vabs2(x);
  d[i++] = __vabsss2(x);
  d[i++] = __vneg4(x);
  d[i++] = __vnegss4(x);
  d[i++] = __vadd2(x, y);
  d[i++] = __vaddss4(x, y);
  d[i++] = __vaddus4(x, y);
  d[i++] = __vsubss2(x, y);
  d[i++] = __vsubus2(x, y);
  d[i++] = __vabsdiffs2(x, y);
  d[i++] = __vsadu4(x, y);
  d[i++] = __vavgs2(0xfffe0003u, 0xffff0002u);
  d[i++] = __vavgu4(x, y);
  d[i++] = __vhaddu4(x, y);
  d[i++] = __vcmpgts2(x, y);
  d[i++] = __vcmpgtu4(x, y);
  d[i++] = __vseteq4(0x01020304u, 0x01000300u);
  d[i++] = __vmaxs2(x, y);
  d[i++] = __vminu4(x, y);
  d[i++] = __viaddmax_s16x2(x, y, 0x0001ffffu);
  d[i++] = unsigned(__vimin3_s32(3, -7, 5));
  bool high, low;
  d[i++] = __vibmax_u16x2(x, y, &high, &low);
  d[i++] = high * 2 + low;
  d[i++] = __viaddmin_s16x2_relu(x, y, 0x7fff7fffu);
}

int main() {
  const unsigned expected[] = {0x80000081u, 0x7fff0081u, 0x80000181u, 0x7f000181u, 0xffffff80u, 0xffffff7fu, 0xffffff80u, 0x8000ff7eu,
                               0x0001ff7eu, 0xffff0082u, 0x0000027du, 0xfffe0003u, 0x80808040u, 0x7f7f7f40u, 0x00000000u, 0xff00ffffu,
                               0x01000100u, 0x7fff0001u, 0x7f000001u, 0x0001ffffu, 0xfffffff9u, 0x8000ff7fu, 3u, 0u};
  const int count = sizeof expected / sizeof *expected;
  unsigned *d, bad = 0;
  cudaMallocManaged(&d, sizeof expected);
  all<<<1, 1>>>(d);
  if (cudaDeviceSynchronize() != cudaSuccess) return 1;
  for (int i = 0; i < count; i++)
    if (d[i] != expected[i]) bad++, printf("%d: %08x, not %08x\n", i, d[i], expected[i]);
  return bad != 0;
}
