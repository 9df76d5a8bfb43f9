// AES-128 in counter mode, one block of 16 bytes a thread, lookup tables in shared memory.
#include "problem.h"

constexpr int kThreads = 256;

__device__ uint32_t mixed(const uint32_t (*tables)[256], uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                          uint32_t key) {
  return tables[0][a & 255] ^ tables[1][b >> 8 & 255] ^ tables[2][c >> 16 & 255] ^ tables[3][d >> 24] ^ key;
}

__device__ uint32_t last(const uint32_t* sbox, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t key) {
  return (sbox[a & 255] | sbox[b >> 8 & 255] << 8 | sbox[c >> 16 & 255] << 16 | sbox[d >> 24] << 24) ^ key;
}

__global__ void encrypt(const Aes* aes, const uint4* text, uint4* cipher, int blocks) {
  __shared__ uint32_t tables[4][256];
  __shared__ uint32_t sbox[256];
  for (int t = 0; t < 4; ++t) tables[t][threadIdx.x] = aes->tables[t][threadIdx.x];
  sbox[threadIdx.x] = aes->sbox[threadIdx.x];
  __syncthreads();
  int i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= blocks) return;

  const uint32_t* key = aes->keys;
  uint32_t a = i ^ key[0], b = key[1], c = key[2], d = key[3];
#pragma unroll
  for (int round = 1; round < kRounds; ++round) {
    key += 4;
    uint32_t next_a = mixed(tables, a, b, c, d, key[0]), next_b = mixed(tables, b, c, d, a, key[1]);
    uint32_t next_c = mixed(tables, c, d, a, b, key[2]), next_d = mixed(tables, d, a, b, c, key[3]);
    a = next_a, b = next_b, c = next_c, d = next_d;
  }
  key += 4;
  uint4 block = text[i];
  block.x ^= last(sbox, a, b, c, d, key[0]);
  block.y ^= last(sbox, b, c, d, a, key[1]);
  block.z ^= last(sbox, c, d, a, b, key[2]);
  block.w ^= last(sbox, d, a, b, c, key[3]);
  cipher[i] = block;
}

int main(int argc, char** argv) {
  int blocks = bench_size(argc, argv, 1 << 20);
  Aes aes;
  uint32_t* text = aes_problem(&aes, blocks);
  Aes* d_aes = bench_upload(&aes, 1);
  uint32_t* d_text = bench_upload(text, 4 * (size_t)blocks);
  uint32_t* d_cipher = bench_device<uint32_t>(4 * (size_t)blocks);
  Bench bench = bench_open("aes");
  while (bench_again(&bench)) {
    bench_start(&bench);
    encrypt<<<(blocks + kThreads - 1) / kThreads, kThreads>>>(d_aes, (const uint4*)d_text, (uint4*)d_cipher,
                                                              blocks);
    bench_finish();
    bench_stop(&bench);
  }
  bench_download(text, d_cipher, 4 * (size_t)blocks);
  bench_close_u32(&bench, text, 4 * (size_t)blocks);
  return 0;
}
