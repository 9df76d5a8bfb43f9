// N-body: gravity between all pairs of bodies, tiled through shared memory; draws two galaxies that meet.
//
// Usage: nbody [bodies] [steps] [picture file]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cudaGetErrorString(error)); \
      std::exit(2);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int kThreads = 128;
constexpr float kSoftening2 = 0.01f;  // keeps close encounters finite
constexpr float kTimeStep = 0.01f;

// The pull of `other` (w is its mass) on a body at `self`, added to `pull`.
__host__ __device__ inline void attract(float4 self, float4 other, float3& pull) {
  float dx = other.x - self.x, dy = other.y - self.y, dz = other.z - self.z;
  float distance2 = dx * dx + dy * dy + dz * dz + kSoftening2;
#ifdef __CUDA_ARCH__
  float inverse = rsqrtf(distance2);
#else
  float inverse = 1.0f / std::sqrt(distance2);
#endif
  float strength = other.w * inverse * inverse * inverse;
  pull.x += dx * strength;
  pull.y += dy * strength;
  pull.z += dz * strength;
}

__global__ void step(const float4* bodies, float4* next, float3* velocities, int n) {
  __shared__ float4 tile[kThreads];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 self = i < n ? bodies[i] : float4{};
  float3 pull = {0.0f, 0.0f, 0.0f};
  for (int start = 0; start < n; start += kThreads) {
    int j = start + threadIdx.x;
    tile[threadIdx.x] = j < n ? bodies[j] : float4{};  // a body without mass pulls nobody
    __syncthreads();
    for (int k = 0; k < kThreads; ++k) attract(self, tile[k], pull);
    __syncthreads();
  }
  if (i >= n) return;
  float3 v = velocities[i];
  v.x += pull.x * kTimeStep;
  v.y += pull.y * kTimeStep;
  v.z += pull.z * kTimeStep;
  velocities[i] = v;
  next[i] = make_float4(self.x + v.x * kTimeStep, self.y + v.y * kTimeStep, self.z + v.z * kTimeStep, self.w);
}

// Two flat discs, each turning around a heavy centre, on their way past each other.
void make_galaxies(std::vector<float4>& bodies, std::vector<float3>& velocities) {
  unsigned state = 7;
  auto uniform = [&state] {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) * (1.0f / 16777216.0f);
  };
  int n = static_cast<int>(bodies.size());
  for (int i = 0; i < n; ++i) {
    float side = i % 2 ? 1.0f : -1.0f;
    float drift_x = -0.35f * side, drift_y = 0.25f * side;
    float radius = i < 2 ? 0.0f : 0.15f + 0.75f * uniform();
    float angle = 6.2831853f * uniform();
    float speed = i < 2 ? 0.0f : std::sqrt(radius * radius / std::pow(radius * radius + kSoftening2, 1.5f));
    bodies[i] = make_float4(1.3f * side + radius * std::cos(angle), -0.4f * side + radius * std::sin(angle),
                            0.05f * (uniform() - 0.5f), i < 2 ? 1.0f : 0.1f / n);
    velocities[i] = make_float3(drift_x - speed * std::sin(angle), drift_y + speed * std::cos(angle), 0.0f);
  }
}

// Counts bodies per cell of a columns x lines grid over [-2.4, 2.4] x [-1.6, 1.6].
std::vector<int> density(const std::vector<float4>& bodies, int columns, int lines) {
  std::vector<int> cells(columns * lines, 0);
  for (const float4& body : bodies) {
    int column = static_cast<int>(std::floor((body.x + 2.4f) / 4.8f * columns));
    int line = static_cast<int>(std::floor((1.6f - body.y) / 3.2f * lines));
    if (column >= 0 && column < columns && line >= 0 && line < lines) ++cells[line * columns + column];
  }
  return cells;
}

void show(const std::vector<float4>& bodies, const char* path) {
  constexpr int kColumns = 72, kLines = 24;
  std::vector<int> cells = density(bodies, kColumns, kLines);
  const char shades[] = " .:+*#@";
  for (int line = 0; line < kLines; ++line) {
    for (int column = 0; column < kColumns; ++column) {
      int count = cells[line * kColumns + column];
      std::putchar(shades[count < 6 ? count : 6]);
    }
    std::putchar('\n');
  }
  constexpr int kWidth = 480, kHeight = 320;
  FILE* file = std::fopen(path, "wb");
  if (!file) {
    std::fprintf(stderr, "no picture: can't write %s\n", path);
    return;
  }
  std::fprintf(file, "P5\n%d %d\n255\n", kWidth, kHeight);
  for (int count : density(bodies, kWidth, kHeight))
    std::fputc(count ? (count < 4 ? 90 + 55 * (count - 1) : 255) : 0, file);
  std::fclose(file);
  std::printf("picture: %s\n", path);
}

int main(int argc, char** argv) {
  int n = argc > 1 ? std::atoi(argv[1]) : 2048;
  int steps = argc > 2 ? std::atoi(argv[2]) : 60;
  std::vector<float4> bodies(n);
  std::vector<float3> velocities(n);
  make_galaxies(bodies, velocities);
  const std::vector<float4> start = bodies;
  const std::vector<float3> start_velocities = velocities;

  float4 *d_bodies, *d_next;
  float3* d_velocities;
  CHECK(cudaMalloc(&d_bodies, n * sizeof(float4)));
  CHECK(cudaMalloc(&d_next, n * sizeof(float4)));
  CHECK(cudaMalloc(&d_velocities, n * sizeof(float3)));
  CHECK(cudaMemcpy(d_bodies, bodies.data(), n * sizeof(float4), cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(d_velocities, velocities.data(), n * sizeof(float3), cudaMemcpyHostToDevice));

  // One step is checked against the host, body by body; after many the system is chaotic.
  double worst = 0.0;
  for (int s = 0; s < steps; ++s) {
    step<<<(n + kThreads - 1) / kThreads, kThreads>>>(d_bodies, d_next, d_velocities, n);
    CHECK(cudaGetLastError());
    std::swap(d_bodies, d_next);
    if (s > 0) continue;
    CHECK(cudaMemcpy(velocities.data(), d_velocities, n * sizeof(float3), cudaMemcpyDeviceToHost));
    for (int i = 0; i < n; i += 1 + n / 512) {
      float3 pull = {0.0f, 0.0f, 0.0f};
      for (int j = 0; j < n; ++j) attract(start[i], start[j], pull);
      float expected = start_velocities[i].x + pull.x * kTimeStep;
      worst = std::fmax(worst, std::fabs(velocities[i].x - expected));
    }
  }
  CHECK(cudaMemcpy(bodies.data(), d_bodies, n * sizeof(float4), cudaMemcpyDeviceToHost));

  show(bodies, argc > 3 ? argv[3] : "nbody.pgm");
  bool good = worst < 1e-4;
  for (const float4& body : bodies) good = good && std::isfinite(body.x + body.y + body.z);
  std::printf("%s: %d bodies, %d steps, largest velocity error after one step %.1e\n", good ? "PASS" : "FAIL",
              n, steps, worst);

  CHECK(cudaFree(d_bodies));
  CHECK(cudaFree(d_next));
  CHECK(cudaFree(d_velocities));
  return good ? 0 : 1;
}
