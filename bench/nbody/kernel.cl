// N-body: the acceleration of every body by all others, tiled through local memory.
#define THREADS 256

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void accelerate(__global const float4* bodies,
                                                                              __global float4* accelerations,
                                                                              int n) {
  __local float4 tile[THREADS];
  int i = get_global_id(0), thread = get_local_id(0);
  float4 self = bodies[i];
  float ax = 0.0f, ay = 0.0f, az = 0.0f;
  for (int start = 0; start < n; start += THREADS) {
    tile[thread] = bodies[start + thread];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < THREADS; ++k) {
      float4 other = tile[k];
      float dx = other.x - self.x, dy = other.y - self.y, dz = other.z - self.z;
      float inverse = rsqrt(dx * dx + dy * dy + dz * dz + 0.01f);
      float strength = other.w * inverse * inverse * inverse;
      ax += dx * strength;
      ay += dy * strength;
      az += dz * strength;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  accelerations[i] = (float4)(ax, ay, az, 0.0f);
}
