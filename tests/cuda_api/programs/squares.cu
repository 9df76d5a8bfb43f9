// A small program for the tests of starting, caches and processes: squares, arguments, standard input, an exit code.
#include <cuda_runtime.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

template <int N>
__global__ void squares(int* p) {
  p[threadIdx.x] = threadIdx.x * threadIdx.x + N;
}

template <int N>
static int work() {
  int *p, h[256], bad = 0;
  if (cudaMalloc(&p, 1024)) return 1;
  squares<N><<<1, 256>>>(p);
  cudaError_t launched = cudaGetLastError();
  if (launched) printf("%s\n", cudaGetErrorName(launched));
  if (launched || cudaMemcpy(h, p, 1024, cudaMemcpyDefault)) return 1;
  for (int i = 0; i < 256; i++) bad += h[i] != i * i + N;
  return bad;
}

static int child(bool after) {  // 0: child and parent are both right
  if (after && work<2>()) return 1;
  pid_t pid = fork();
  if (!pid) _exit(work<3>());
  int status = 1;
  waitpid(pid, &status, 0);
  return work<4>() || status;
}

int main(int count, char** words) {
  const char* what = count > 1 ? words[1] : "";
  if (!strcmp(what, "signal")) raise(atoi(words[2]));
  if (!strcmp(what, "flood"))
    for (;;) puts("line");
  if (!strcmp(what, "fork")) return child(false);
  if (!strcmp(what, "fork-after")) return child(true);
  if (!strcmp(what, "worker")) {  // the compile worker dies between two kernels
    if (work<1>()) return 1;
    char command[80];
    snprintf(command, sizeof command, "kill -9 $(ps -o pid= --ppid %d) 2>/dev/null", int(getpid()));
    int ignored = system(command);
    (void)ignored;
    return work<2>();
  }
  if (!strcmp(what, "echo")) {
    char line[80];
    while (fgets(line, sizeof line, stdin)) printf("in %s", line);
    for (int i = 2; i < count; i++) printf("[%s]", words[i]);
    fprintf(stderr, "to stderr");
    return work<1>() ? 1 : 7;
  }
  return work<1>();
}
