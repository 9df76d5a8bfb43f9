// Complex FFT of 1,024 points: a transform stays in one thread's cache, with real and imaginary parts apart,
// so that every pass vectorises over its butterflies; the roots of each pass lie in the order in which they
// are used.
#include "problem.h"

enum { kPasses = 5 };

typedef struct Roots {
  float re[kPasses][3][kQuarter], im[kPasses][3][kQuarter];
} Roots;

typedef struct Points {
  float re[kPoints], im[kPoints];
} Points;

static void lay_out(Roots* table, const float* roots) {
  for (int pass = 0, span = 1; pass < kPasses; ++pass, span *= 4) {
    for (int r = 1; r < 4; ++r) {
      for (int j = 0; j < kQuarter; ++j) {
        int k = r * (j % span) * (kQuarter / span);
        table->re[pass][r - 1][j] = roots[2 * k];
        table->im[pass][r - 1][j] = roots[2 * k + 1];
      }
    }
  }
}

// One butterfly of a pass: from in[j + r * 256] to out[place + r * span].
static inline void butterfly(const Points* restrict in, Points* restrict out, const Roots* restrict w,
                             int pass, int j, int place, int span) {
  float re[4], im[4];
  re[0] = in->re[j];
  im[0] = in->im[j];
  for (int r = 1; r < 4; ++r) {
    float x = in->re[j + r * kQuarter], y = in->im[j + r * kQuarter];
    float u = w->re[pass][r - 1][j], v = w->im[pass][r - 1][j];
    re[r] = x * u - y * v;
    im[r] = x * v + y * u;
  }
  float a_re = re[0] + re[2], a_im = im[0] + im[2], b_re = re[0] - re[2], b_im = im[0] - im[2];
  float c_re = re[1] + re[3], c_im = im[1] + im[3], d_re = re[1] - re[3], d_im = im[1] - im[3];
  out->re[place] = a_re + c_re;
  out->im[place] = a_im + c_im;
  out->re[place + span] = b_re + d_im;
  out->im[place + span] = b_im - d_re;
  out->re[place + 2 * span] = a_re - c_re;
  out->im[place + 2 * span] = a_im - c_im;
  out->re[place + 3 * span] = b_re - d_im;
  out->im[place + 3 * span] = b_im + d_re;
}

static inline void short_pass(const Points* restrict in, Points* restrict out, const Roots* restrict w,
                              int pass, int span) {
#pragma omp simd
  for (int j = 0; j < kQuarter; ++j) butterfly(in, out, w, pass, j, j / span * span * 4 + j % span, span);
}

static inline void long_pass(const Points* restrict in, Points* restrict out, const Roots* restrict w,
                             int pass, int span) {
  for (int group = 0; group < kQuarter; group += span) {
#pragma omp simd
    for (int k = 0; k < span; ++k) butterfly(in, out, w, pass, group + k, 4 * group + k, span);
  }
}

static void fft(const float* restrict in, float* restrict out, const Roots* restrict w, int batches) {
#pragma omp parallel for schedule(static)
  for (int batch = 0; batch < batches; ++batch) {
    Points a, b;
    const float* source = in + (size_t)batch * kPoints * 2;
    float* target = out + (size_t)batch * kPoints * 2;
#pragma omp simd
    for (int i = 0; i < kPoints; ++i) {
      a.re[i] = source[2 * i];
      a.im[i] = source[2 * i + 1];
    }
    short_pass(&a, &b, w, 0, 1);
    short_pass(&b, &a, w, 1, 4);
    long_pass(&a, &b, w, 2, 16);
    long_pass(&b, &a, w, 3, 64);
    long_pass(&a, &b, w, 4, 256);
#pragma omp simd
    for (int i = 0; i < kPoints; ++i) {
      target[2 * i] = b.re[i];
      target[2 * i + 1] = b.im[i];
    }
  }
}

int main(int argc, char** argv) {
  int batches = bench_size(argc, argv, 4096);
  size_t n = (size_t)batches * kPoints * 2;
  float* in = bench_fill(n, 1, -1.0f, 1.0f);
  float* out = bench_alloc(n * sizeof *out);
  float* roots = make_roots();
  Roots* table = bench_alloc(sizeof *table);
  lay_out(table, roots);
  bench_save("in", in, n * sizeof *in);
  bench_save("roots", roots, 2 * kPoints * sizeof *roots);
  Bench bench = bench_open("fft");
  while (bench_again(&bench)) {
    bench_start(&bench);
    fft(in, out, table, batches);
    bench_stop(&bench);
  }
  bench_close_f32(&bench, out, n);
  return 0;
}
