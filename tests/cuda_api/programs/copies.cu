// Copies and fills of every form, and what they refuse.
#include "check.h"

__device__ int table[64];
__constant__ float factors[16];

static unsigned char at(int x, int y, int z) { return (unsigned char)(x * 7 + y * 13 + z * 29); }

static void two_and_three_dimensions() {
  enum { W = 37, H = 11, D = 5 };
  static unsigned char in[D][H][W], out[D][H][W];
  for (int z = 0; z < D; z++) for (int y = 0; y < H; y++) for (int x = 0; x < W; x++) in[z][y][x] = at(x, y, z);
  unsigned char* d;
  size_t pitch;
  OK(cudaMallocPitch(&d, &pitch, W, H));
  OK(cudaMemset2D(d, pitch, 0, W, H));
  OK(cudaMemcpy2D(d, pitch, in, W, W, H, cudaMemcpyHostToDevice));
  OK(cudaMemcpy2D(out, W, d, pitch, W, H, cudaMemcpyDeviceToHost));
  CHECK(!memcmp(in[0], out[0], W * H));
  EXPECT(cudaErrorInvalidPitchValue, cudaMemcpy2D(d, 10, in, W, W, H, cudaMemcpyHostToDevice));
  OK(cudaFree(d));

  cudaPitchedPtr p;
  OK(cudaMalloc3D(&p, make_cudaExtent(W, H, D)));
  cudaMemcpy3DParms c = {};
  c.srcPtr = make_cudaPitchedPtr(in, W, W, H);
  c.dstPtr = p;
  c.extent = make_cudaExtent(W, H, D);
  c.kind = cudaMemcpyHostToDevice;
  OK(cudaMemcpy3D(&c));
  cudaMemcpy3DParms part = {};          // a box from the middle
  part.srcPtr = p;
  part.srcPos = make_cudaPos(3, 2, 1);
  part.dstPtr = make_cudaPitchedPtr(out, W, W, H);
  part.extent = make_cudaExtent(8, 4, 2);
  part.kind = cudaMemcpyDeviceToHost;
  memset(out, 0, sizeof out);
  OK(cudaMemcpy3D(&part));
  for (int z = 0; z < 2; z++) for (int y = 0; y < 4; y++) for (int x = 0; x < 9; x++)
    CHECK(out[z][y][x] == (x < 8 ? at(x + 3, y + 2, z + 1) : 0));
  OK(cudaMemset3D(p, 5, make_cudaExtent(W, H, D)));
  c.srcPtr = p;
  c.dstPtr = make_cudaPitchedPtr(out, W, W, H);
  c.kind = cudaMemcpyDefault;
  OK(cudaMemcpy3D(&c));
  CHECK(out[0][0][0] == 5 && out[D - 1][H - 1][W - 1] == 5);
  OK(cudaFree(p.ptr));
}

static void arrays() {
  float in[6][8], out[6][8];
  for (int i = 0; i < 48; i++) in[i / 8][i % 8] = float(i);
  cudaChannelFormatDesc desc = cudaCreateChannelDesc<float>();
  CHECK(desc.x == 32 && desc.f == cudaChannelFormatKindFloat);
  cudaArray_t a, b;
  OK(cudaMallocArray(&a, &desc, 8, 6));
  OK(cudaMallocArray(&b, &desc, 8, 6));
  OK(cudaMemcpy2DToArray(a, 0, 0, in, 32, 32, 6, cudaMemcpyHostToDevice));
  OK(cudaMemcpy2DArrayToArray(b, 0, 0, a, 0, 0, 32, 6));
  OK(cudaMemcpy2DFromArray(out, 32, b, 0, 0, 32, 6, cudaMemcpyDeviceToHost));
  CHECK(!memcmp(in, out, sizeof in));
  memset(out, 0, sizeof out);
  OK(cudaMemcpyFromArray(out, b, 16, 1, 40, cudaMemcpyDeviceToHost));   // runs over the end of a row
  CHECK(out[0][0] == 12 && out[0][3] == 15 && out[0][4] == 16 && out[1][1] == 21);
  EXPECT(cudaErrorInvalidValue, cudaMemcpy2DToArray(a, 4, 0, in, 32, 32, 6, cudaMemcpyHostToDevice));
  cudaExtent e;
  unsigned flags;
  OK(cudaArrayGetInfo(&desc, &e, &flags, a));
  CHECK(e.width == 8 && e.height == 6 && e.depth == 0);
  cudaArray_t volume;
  OK(cudaMalloc3DArray(&volume, &desc, make_cudaExtent(4, 3, 4)));
  cudaMemcpy3DParms c = {};
  c.srcPtr = make_cudaPitchedPtr(in, 16, 4, 3);
  c.dstArray = volume;
  c.extent = make_cudaExtent(4, 3, 4);      // in elements, as an array takes part
  c.kind = cudaMemcpyHostToDevice;
  OK(cudaMemcpy3D(&c));
  cudaMemcpy3DParms back = {};
  back.srcArray = volume;
  back.srcPos = make_cudaPos(1, 1, 3);
  back.dstPtr = make_cudaPitchedPtr(out, 8, 2, 2);
  back.extent = make_cudaExtent(2, 2, 1);
  back.kind = cudaMemcpyDeviceToHost;
  OK(cudaMemcpy3D(&back));
  CHECK(out[0][0] == 41 && out[0][1] == 42 && out[0][2] == 45);
  OK(cudaFreeArray(volume));
  OK(cudaFreeArray(a));
  OK(cudaFreeArray(b));
  EXPECT(cudaErrorInvalidResourceHandle, cudaFreeArray(a));
  desc.y = 7;
  EXPECT(cudaErrorInvalidChannelDescriptor, cudaMallocArray(&a, &desc, 8, 6));
}

static void symbols() {
  int in[64], out[64];
  for (int i = 0; i < 64; i++) in[i] = i * i;
  OK(cudaMemcpyToSymbol(table, in, sizeof in));
  OK(cudaMemcpyFromSymbol(out, table, 40, 24));
  CHECK(out[0] == 36 && out[9] == 225);
  float f[16] = {1, 2, 3};
  OK(cudaMemcpyToSymbolAsync(factors, f, sizeof f, 0, cudaMemcpyHostToDevice, 0));
  void* address;
  size_t bytes;
  OK(cudaGetSymbolAddress(&address, factors));
  OK(cudaGetSymbolSize(&bytes, factors));
  CHECK(bytes == 64);
  float got;
  OK(cudaMemcpy(&got, (float*)address + 1, 4, cudaMemcpyDeviceToHost));
  CHECK(got == 2);
  EXPECT(cudaErrorInvalidValue, cudaMemcpyToSymbol(table, in, sizeof in, 4));
  EXPECT(cudaErrorInvalidMemcpyDirection, cudaMemcpyToSymbol(table, in, 4, 0, cudaMemcpyDeviceToHost));
  int nothing;
  EXPECT(cudaErrorInvalidSymbol, cudaMemcpyToSymbol(nothing, in, 4));
}

int main() {
  char host[256], back[256];
  for (int i = 0; i < 256; i++) host[i] = char(i);
  char* d;
  OK(cudaMalloc(&d, 256));
  OK(cudaMemcpy(d, host, 256, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(back, d, 256, cudaMemcpyDefault));
  CHECK(!memcmp(host, back, 256));
  OK(cudaMemcpy(d + 128, d, 128, cudaMemcpyDeviceToDevice));
  OK(cudaMemcpy(back, d, 256, cudaMemcpyDeviceToHost));
  CHECK(back[128] == 0 && back[255] == 127);
  OK(cudaMemcpy(back, host, 256, cudaMemcpyHostToHost));
  OK(cudaMemcpy(d, host, 0, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidMemcpyDirection, cudaMemcpy(d, host, 4, cudaMemcpyKind(9)));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(d, host, 257, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(back, host, 4, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(0, host, 4, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidValue, cudaMemset(back, 0, 4));
  EXPECT(cudaErrorInvalidValue, cudaMemset(d, 0, 300));
  // sizes whose end is not a number of 64 bits
  EXPECT(cudaErrorInvalidValue, cudaMemcpy(d, host, ~(size_t)0, cudaMemcpyHostToDevice));
  EXPECT(cudaErrorInvalidValue, cudaMemset(d, 0, ~(size_t)3));
  EXPECT(cudaErrorInvalidValue, cudaMemcpy2D(d, (size_t)1 << 62, host, 4, 4, 5, cudaMemcpyHostToDevice));
  // Pageable memory may be reused as soon as an asynchronous copy returns.
  cudaStream_t s;
  OK(cudaStreamCreate(&s));
  for (int i = 0; i < 50; i++) {
    int value = i;
    OK(cudaMemcpyAsync(d + 4 * i, &value, 4, cudaMemcpyHostToDevice, s));
    value = -1;
  }
  int got[50];
  OK(cudaMemcpyAsync(got, d, 200, cudaMemcpyDeviceToHost, s));
  OK(cudaStreamSynchronize(s));
  for (int i = 0; i < 50; i++) CHECK(got[i] == i);
  two_and_three_dimensions();
  arrays();
  symbols();
  return 0;
}
