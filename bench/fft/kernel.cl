// Complex FFT of 1,024 points, one transform a group of 256 work-items; the passes of kernel.cu.
#define POINTS 1024
#define QUARTER 256

static float2 mul(float2 a, float2 b) { return (float2)(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

__kernel __attribute__((reqd_work_group_size(QUARTER, 1, 1))) void fft(__global const float2* in,
                                                                       __global float2* out,
                                                                       __global const float2* roots) {
  __local float2 data[POINTS];
  int j = get_local_id(0);
  size_t first = (size_t)get_group_id(0) * POINTS;
  for (int r = 0; r < 4; ++r) data[j + r * QUARTER] = in[first + j + r * QUARTER];
  for (int span = 1; span < POINTS; span *= 4) {
    int turn = (j % span) * (QUARTER / span);
    barrier(CLK_LOCAL_MEM_FENCE);
    float2 v0 = data[j];
    float2 v1 = mul(data[j + QUARTER], roots[turn]);
    float2 v2 = mul(data[j + 2 * QUARTER], roots[2 * turn]);
    float2 v3 = mul(data[j + 3 * QUARTER], roots[3 * turn]);
    barrier(CLK_LOCAL_MEM_FENCE);
    float2 a = v0 + v2, b = v0 - v2, c = v1 + v3, d = v1 - v3;
    float2 minus_i_d = (float2)(d.y, -d.x);
    int place = j / span * span * 4 + j % span;
    data[place] = a + c;
    data[place + span] = b + minus_i_d;
    data[place + 2 * span] = a - c;
    data[place + 3 * span] = b - minus_i_d;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int r = 0; r < 4; ++r) out[first + j + r * QUARTER] = data[j + r * QUARTER];
}
