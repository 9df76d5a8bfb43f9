// Halves in local memory that are moved by 16 bytes: they lie where the compiler puts them, and no access of local memory is misaligned.
#include <cstdint>
#include <cstdio>

__global__ void turn(const uint4* in, uint4* out, int by) {
  alignas(8) uint16_t room[68];  // of which the fragment is what clang makes of one at times: at no multiple of 16
  room[by & 3] = 0;
  uint16_t* fragment = room + 4;
  for (int i = 0; i < 8; ++i) {
    uint4 part = in[threadIdx.x * 8 + i];
    asm volatile("st.local.v4.u32 [%0], {%1,%2,%3,%4};"
                 ::"l"(__cvta_generic_to_local(fragment + i * 8)), "r"(part.x), "r"(part.y), "r"(part.z), "r"(part.w)
                 : "memory");
  }
  uint16_t kept = fragment[by & 63];
  for (int i = 0; i < 63; ++i) fragment[(by + i) & 63] = fragment[(by + i + 1) & 63];
  fragment[(by + 63) & 63] = kept;
  for (int i = 0; i < 8; ++i) out[threadIdx.x * 8 + i] = reinterpret_cast<uint4*>(fragment)[i];
}

int main() {
  uint16_t *in, *out;
  int wrong = 0;
  cudaMallocManaged(&in, 32 * 128);
  cudaMallocManaged(&out, 32 * 128);
  for (int i = 0; i < 32 * 64; ++i) in[i] = uint16_t(i);
  turn<<<1, 32>>>((uint4*)in, (uint4*)out, 3);
  cudaError_t error = cudaDeviceSynchronize();
  for (int i = 0; i < 32 * 64; ++i) wrong += out[i] != in[i / 64 * 64 + (i + 1) % 64];
  printf("%s, %d wrong\n", cudaGetErrorName(error), wrong);
  return error || wrong;
}
