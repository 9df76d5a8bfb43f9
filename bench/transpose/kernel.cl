// Transpose of a square matrix through a padded tile in local memory.
#define TILE 32
#define ROWS 8

__kernel __attribute__((reqd_work_group_size(TILE, ROWS, 1))) void transpose(__global const float* in,
                                                                             __global float* out, int n) {
  __local float tile[TILE][TILE + 1];
  int lx = get_local_id(0), ly = get_local_id(1);
  int x = get_group_id(0) * TILE + lx, y = get_group_id(1) * TILE + ly;
  for (int i = 0; i < TILE; i += ROWS) tile[ly + i][lx] = in[(y + i) * n + x];
  barrier(CLK_LOCAL_MEM_FENCE);
  x = get_group_id(1) * TILE + lx;
  y = get_group_id(0) * TILE + ly;
  for (int i = 0; i < TILE; i += ROWS) out[(y + i) * n + x] = tile[lx][ly + i];
}
