// AES-128 in counter mode, one block of 16 bytes a work-item, lookup tables in local memory.
#define THREADS 256
#define ROUNDS 10
#define MIXED(a, b, c, d, key)                                                      \
  (tables[a & 255] ^ tables[256 + (b >> 8 & 255)] ^ tables[512 + (c >> 16 & 255)] ^ \
   tables[768 + (d >> 24)] ^ key)
#define LAST(a, b, c, d, key) \
  ((sbox[a & 255] | sbox[b >> 8 & 255] << 8 | sbox[c >> 16 & 255] << 16 | sbox[d >> 24] << 24) ^ key)

// `aes` holds four tables of 256 words, the substitution box, and the round keys.
__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void encrypt(__global const uint* aes,
                                                                           __global const uint4* text,
                                                                           __global uint4* cipher,
                                                                           int blocks) {
  __local uint tables[4 * 256];
  __local uint sbox[256];
  int thread = get_local_id(0), i = get_global_id(0);
  for (int t = 0; t < 4; ++t) tables[256 * t + thread] = aes[256 * t + thread];
  sbox[thread] = aes[4 * 256 + thread];
  barrier(CLK_LOCAL_MEM_FENCE);
  if (i >= blocks) return;
  __global const uint* key = aes + 5 * 256;
  uint a = i ^ key[0], b = key[1], c = key[2], d = key[3];
#pragma unroll
  for (int round = 1; round < ROUNDS; ++round) {
    key += 4;
    uint next_a = MIXED(a, b, c, d, key[0]), next_b = MIXED(b, c, d, a, key[1]);
    uint next_c = MIXED(c, d, a, b, key[2]), next_d = MIXED(d, a, b, c, key[3]);
    a = next_a, b = next_b, c = next_c, d = next_d;
  }
  key += 4;
  uint4 block = text[i];
  block.x ^= LAST(a, b, c, d, key[0]);
  block.y ^= LAST(b, c, d, a, key[1]);
  block.z ^= LAST(c, d, a, b, key[2]);
  block.w ^= LAST(d, a, b, c, key[3]);
  cipher[i] = block;
}
