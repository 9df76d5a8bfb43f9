// N-body: the acceleration of every body by all others. Structure of arrays, vectorised over the other
// bodies.
#include <math.h>

#include "../bench.h"

static const float kSoftening2 = 0.01f;

static void accelerate(int n, const float* restrict x, const float* restrict y, const float* restrict z,
                       const float* restrict mass, float* restrict out) {
#pragma omp parallel for schedule(static)
  for (int i = 0; i < n; ++i) {
    float ax = 0.0f, ay = 0.0f, az = 0.0f, xi = x[i], yi = y[i], zi = z[i];
#pragma omp simd reduction(+ : ax, ay, az)
    for (int j = 0; j < n; ++j) {
      float dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
      float inverse = 1.0f / sqrtf(dx * dx + dy * dy + dz * dz + kSoftening2);
      float strength = mass[j] * inverse * inverse * inverse;
      ax += dx * strength;
      ay += dy * strength;
      az += dz * strength;
    }
    out[4 * i] = ax;
    out[4 * i + 1] = ay;
    out[4 * i + 2] = az;
    out[4 * i + 3] = 0.0f;
  }
}

int main(int argc, char** argv) {
  int n = bench_size(argc, argv, 8192) / 256 * 256;
  float* bodies = bench_fill(4 * (size_t)n, 1, 0.0f, 1.0f);
  bench_save("bodies", bodies, 4 * (size_t)n * sizeof *bodies);
  float* part[4];
  for (int p = 0; p < 4; ++p) {
    part[p] = bench_alloc(n * sizeof(float));
    for (int i = 0; i < n; ++i) part[p][i] = bodies[4 * i + p];
  }
  float* out = bench_alloc(4 * (size_t)n * sizeof *out);
  Bench bench = bench_open("nbody");
  while (bench_again(&bench)) {
    bench_start(&bench);
    accelerate(n, part[0], part[1], part[2], part[3], out);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, 4 * (size_t)n);
  return 0;
}
