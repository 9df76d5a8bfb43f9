// Mandelbrot: one pixel a work-item.
#define LIMIT 256

__kernel void mandelbrot(__global uint* steps, int width, int height) {
  int x = get_global_id(0), y = get_global_id(1);
  if (x >= width || y >= height) return;
  float c_re = -2.2f + 3.2f * x / width, c_im = -1.2f + 2.4f * y / height;
  float re = 0.0f, im = 0.0f;
  uint step = 0;
  while (step < LIMIT && re * re + im * im <= 4.0f) {
    float next = re * re - im * im + c_re;
    im = 2.0f * re * im + c_im;
    re = next;
    ++step;
  }
  steps[y * width + x] = step;
}
