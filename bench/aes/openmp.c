// AES-128 in counter mode with lookup tables (gathers are slower than scalar loads: no simd).
#include "problem.h"

static inline uint32_t mixed(const Aes* aes, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t key) {
  return aes->tables[0][a & 255] ^ aes->tables[1][b >> 8 & 255] ^ aes->tables[2][c >> 16 & 255] ^
         aes->tables[3][d >> 24] ^ key;
}

static inline uint32_t last(const Aes* aes, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t key) {
  return (aes->sbox[a & 255] | aes->sbox[b >> 8 & 255] << 8 | aes->sbox[c >> 16 & 255] << 16 |
          aes->sbox[d >> 24] << 24) ^
         key;
}

static inline void encrypt_block(const Aes* restrict aes, uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3,
                                 const uint32_t* restrict text, uint32_t* restrict cipher) {
  const uint32_t* key = aes->keys;
  uint32_t a = x0 ^ key[0], b = x1 ^ key[1], c = x2 ^ key[2], d = x3 ^ key[3];
#pragma GCC unroll 10
  for (int round = 1; round < kRounds; ++round) {
    key += 4;
    uint32_t next_a = mixed(aes, a, b, c, d, key[0]), next_b = mixed(aes, b, c, d, a, key[1]);
    uint32_t next_c = mixed(aes, c, d, a, b, key[2]), next_d = mixed(aes, d, a, b, c, key[3]);
    a = next_a, b = next_b, c = next_c, d = next_d;
  }
  key += 4;
  cipher[0] = text[0] ^ last(aes, a, b, c, d, key[0]);
  cipher[1] = text[1] ^ last(aes, b, c, d, a, key[1]);
  cipher[2] = text[2] ^ last(aes, c, d, a, b, key[2]);
  cipher[3] = text[3] ^ last(aes, d, a, b, c, key[3]);
}

static void encrypt(const Aes* restrict aes, const uint32_t* restrict text, uint32_t* restrict cipher,
                    int blocks) {
#pragma omp parallel for schedule(static)
  for (int i = 0; i < blocks; ++i) encrypt_block(aes, (uint32_t)i, 0, 0, 0, text + 4 * i, cipher + 4 * i);
}

// The example of FIPS 197, appendix C.1: the tables are right.
static void check_standard(const Aes* aes) {
  const uint32_t text[4] = {0x33221100, 0x77665544, 0xbbaa9988, 0xffeeddcc}, none[4] = {0};
  const uint32_t expected[4] = {0xd8e0c469, 0x30047b6a, 0x80b7cdd8, 0x5ac5b470};
  uint32_t cipher[4];
  encrypt_block(aes, text[0], text[1], text[2], text[3], none, cipher);
  if (memcmp(cipher, expected, 16) != 0) {
    fprintf(stderr, "AES does not match the standard's example\n");
    exit(1);
  }
}

int main(int argc, char** argv) {
  int blocks = bench_size(argc, argv, 1 << 20);
  Aes aes;
  uint32_t* text = aes_problem(&aes, blocks);
  uint32_t* cipher = bench_alloc(16 * (size_t)blocks);
  check_standard(&aes);
  bench_save("aes", &aes, sizeof aes);
  bench_save("text", text, 16 * (size_t)blocks);
  Bench bench = bench_open("aes");
  while (bench_again(&bench)) {
    bench_start(&bench);
    encrypt(&aes, text, cipher, blocks);
    bench_stop(&bench);
  }
  bench_close_u32(&bench, cipher, 4 * (size_t)blocks);
  return 0;
}
