// Convolution of an image with a 7 x 7 filter: a tile with its halo in local memory.
#define RADIUS 3
#define SIDE 7
#define WIDTH 32
#define HEIGHT 8

__kernel __attribute__((reqd_work_group_size(WIDTH, HEIGHT, 1))) void convolve(__global const float* in,
                                                                               __global float* out,
                                                                               __constant float* weights,
                                                                               int n) {
  __local float tile[HEIGHT + 2 * RADIUS][WIDTH + 2 * RADIUS];
  int lx = get_local_id(0), ly = get_local_id(1);
  int left = get_group_id(0) * WIDTH - RADIUS, top = get_group_id(1) * HEIGHT - RADIUS;
  for (int y = ly; y < HEIGHT + 2 * RADIUS; y += HEIGHT) {
    int from_y = clamp(top + y, 0, n - 1);
    for (int x = lx; x < WIDTH + 2 * RADIUS; x += WIDTH)
      tile[y][x] = in[from_y * n + clamp(left + x, 0, n - 1)];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  int x = get_global_id(0), y = get_global_id(1);
  if (x >= n || y >= n) return;
  float sum = 0.0f;
#pragma unroll
  for (int dy = 0; dy < SIDE; ++dy) {
#pragma unroll
    for (int dx = 0; dx < SIDE; ++dx) sum += weights[dy * SIDE + dx] * tile[ly + dy][lx + dx];
  }
  out[y * n + x] = sum;
}
