// SHA-256 (FIPS 180-4), for the cache's keys.
#include "internal.h"

namespace sheer {

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t v, int by) { return v >> by | v << (32 - by); }

static void absorb(uint32_t state[8], const uint8_t* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    memcpy(&w[i], block + 4 * i, 4);
    w[i] = __builtin_bswap32(w[i]);
  }
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t v[8];
  memcpy(v, state, 32);
  for (int i = 0; i < 64; i++) {
    uint32_t big1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t first = v[7] + big1 + choose + round_constants[i] + w[i];
    uint32_t big0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22),
             major = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    for (int k = 7; k > 0; k--) v[k] = v[k - 1];
    v[4] += first;
    v[0] = first + big0 + major;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

Sha256::Sha256()
    : state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
      total(0) {}

void Sha256::add(const void* data, size_t bytes) {
  const uint8_t* from = static_cast<const uint8_t*>(data);
  size_t held = total % 64;
  total += bytes;
  while (bytes) {
    if (!held && bytes >= 64) {
      absorb(state, from);
      from += 64;
      bytes -= 64;
      continue;
    }
    size_t part = min<size_t>(64 - held, bytes);
    memcpy(block + held, from, part);
    held += part;
    from += part;
    bytes -= part;
    if (held == 64) {
      absorb(state, block);
      held = 0;
    }
  }
}

Digest Sha256::finish() {
  uint64_t bits = __builtin_bswap64(total * 8);
  uint8_t pad[72] = {0x80};
  size_t length = (total % 64 < 56 ? 56 : 120) - total % 64;
  add(pad, length);
  add(&bits, 8);
  Digest digest;
  for (int i = 0; i < 8; i++) {
    uint32_t word = __builtin_bswap32(state[i]);
    memcpy(digest.bytes + 4 * i, &word, 4);
  }
  return digest;
}

String hex(const Digest& digest) {
  char text[65];
  for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", digest.bytes[i]);
  return String(text, 64);
}
}  // namespace sheer
