// Inclusive prefix sums: the three passes of kernel.cu, with scans in local memory.
#define THREADS 256
#define EACH 8
#define CHUNK (THREADS * EACH)

static uint group_scan(__local uint* table, uint value) {
  int thread = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  table[thread] = value;
  for (int distance = 1; distance < THREADS; distance *= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    uint left = thread >= distance ? table[thread - distance] : 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    table[thread] += left;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return table[thread];
}

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void chunk_sums(__global const uint* in,
                                                                              __global uint* sums, int n) {
  __local uint table[THREADS];
  int thread = get_local_id(0), start = get_group_id(0) * CHUNK;
  uint sum = 0;
  for (int e = 0; e < EACH; ++e) {
    int i = start + e * THREADS + thread;
    if (i < n) sum += in[i];
  }
  sum = group_scan(table, sum);
  if (thread == THREADS - 1) sums[get_group_id(0)] = sum;
}

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void scan_sums(__global uint* sums,
                                                                             int chunks) {
  __local uint table[THREADS];
  uint carry = 0;
  for (int start = 0; start < chunks; start += THREADS) {
    int i = start + get_local_id(0);
    uint value = i < chunks ? sums[i] : 0;
    uint scanned = group_scan(table, value) + carry;
    if (i < chunks) sums[i] = scanned - value;
    carry += table[THREADS - 1];
  }
}

__kernel __attribute__((reqd_work_group_size(THREADS, 1, 1))) void scan_chunks(__global const uint* in,
                                                                               __global uint* out,
                                                                               __global const uint* sums,
                                                                               int n) {
  __local uint table[THREADS];
  int start = get_group_id(0) * CHUNK;
  uint carry = sums[get_group_id(0)];
  for (int e = 0; e < EACH; ++e) {
    int i = start + e * THREADS + get_local_id(0);
    uint scanned = group_scan(table, i < n ? in[i] : 0) + carry;
    if (i < n) out[i] = scanned;
    carry += table[THREADS - 1];
  }
}
