// SGEMM: the same tiled and register-blocked forms as kernel.cu.
#define TILED(NAME, TILE)                                                           \
  __kernel __attribute__((reqd_work_group_size(TILE, TILE, 1))) void NAME(          \
      __global const float* a, __global const float* b, __global float* c, int n) { \
    __local float tile_a[TILE][TILE];                                               \
    __local float tile_b[TILE][TILE];                                               \
    int x = get_local_id(0), y = get_local_id(1);                                   \
    int row = get_global_id(1), column = get_global_id(0);                          \
    float sum = 0.0f;                                                               \
    for (int start = 0; start < n; start += TILE) {                                 \
      tile_a[y][x] = a[row * n + start + x];                                        \
      tile_b[y][x] = b[(start + y) * n + column];                                   \
      barrier(CLK_LOCAL_MEM_FENCE);                                                 \
      for (int k = 0; k < TILE; ++k) sum += tile_a[y][k] * tile_b[k][x];            \
      barrier(CLK_LOCAL_MEM_FENCE);                                                 \
    }                                                                               \
    c[row * n + column] = sum;                                                      \
  }

#define BLOCKED(NAME, EACH, DEPTH)                                                                    \
  __kernel __attribute__((reqd_work_group_size(16, 16, 1))) void NAME(                                \
      __global const float* a, __global const float* b, __global float* c, int n) {                   \
    __local float tile_a[DEPTH][16 * EACH];                                                           \
    __local float tile_b[DEPTH][16 * EACH];                                                           \
    int x = get_local_id(0), y = get_local_id(1), thread = y * 16 + x;                                \
    int first_row = get_group_id(1) * 16 * EACH, first_column = get_group_id(0) * 16 * EACH;          \
    float sums[EACH][EACH];                                                                           \
    for (int i = 0; i < EACH; ++i)                                                                    \
      for (int j = 0; j < EACH; ++j) sums[i][j] = 0.0f;                                               \
    for (int start = 0; start < n; start += DEPTH) {                                                  \
      for (int i = thread; i < 16 * EACH * DEPTH; i += 256) {                                         \
        tile_a[i % DEPTH][i / DEPTH] = a[(first_row + i / DEPTH) * n + start + i % DEPTH];            \
        tile_b[i / (16 * EACH)][i % (16 * EACH)] =                                                    \
            b[(start + i / (16 * EACH)) * n + first_column + i % (16 * EACH)];                        \
      }                                                                                               \
      barrier(CLK_LOCAL_MEM_FENCE);                                                                   \
      for (int k = 0; k < DEPTH; ++k)                                                                 \
        for (int i = 0; i < EACH; ++i)                                                                \
          for (int j = 0; j < EACH; ++j) sums[i][j] += tile_a[k][y + 16 * i] * tile_b[k][x + 16 * j]; \
      barrier(CLK_LOCAL_MEM_FENCE);                                                                   \
    }                                                                                                 \
    for (int i = 0; i < EACH; ++i)                                                                    \
      for (int j = 0; j < EACH; ++j)                                                                  \
        c[(first_row + y + 16 * i) * n + first_column + x + 16 * j] = sums[i][j];                     \
  }

TILED(tiled16, 16)
TILED(tiled32, 32)
BLOCKED(blocked4, 4, 16)
BLOCKED(blocked8, 8, 8)
