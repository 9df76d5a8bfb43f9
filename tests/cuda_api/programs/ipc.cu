// Memory, events and a pool of this process in another, which is this program again.
#include "check.h"
#include <cuda.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr int count = 5000;
struct Message {
  cudaIpcMemHandle_t small, large;
  cudaIpcEventHandle_t mine, yours;
  cudaMemPoolPtrExportData data;
};

__global__ void slow_fill(int* p, int n, int value) {
  long until = clock64() + 20000000;
  while (clock64() < until) {}
  for (int i = threadIdx.x; i < n; i += blockDim.x) p[i] = value + i;
}
__global__ void times(int* p, int n, int by) {
  for (int i = threadIdx.x; i < n; i += blockDim.x) p[i] *= by;
}
__global__ void past(volatile int* p, int n) { p[n] = 1; }

static void send_file(int socket, int file) {
  char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
  iovec part = {&byte, 1};
  msghdr m = {};
  m.msg_iov = &part, m.msg_iovlen = 1, m.msg_control = room, m.msg_controllen = sizeof room;
  cmsghdr* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &file, sizeof(int));
  CHECK(sendmsg(socket, &m, 0) == 1);
}
static int receive_file(int socket) {
  char byte, room[CMSG_SPACE(sizeof(int))];
  iovec part = {&byte, 1};
  msghdr m = {};
  m.msg_iov = &part, m.msg_iovlen = 1, m.msg_control = room, m.msg_controllen = sizeof room;
  CHECK(recvmsg(socket, &m, 0) == 1);
  int file;
  memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
  return file;
}

static int other(int socket) {  // what the second process does
  Message m;
  CHECK(read(socket, &m, sizeof m) == sizeof m);
  int file = receive_file(socket), *small, *again, *large, *pooled, got;
  cudaEvent_t theirs, ours;
  OK(cudaIpcOpenEventHandle(&theirs, m.mine));
  OK(cudaIpcOpenEventHandle(&ours, m.yours));
  OK(cudaIpcOpenMemHandle((void**)&small, m.small, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcOpenMemHandle((void**)&again, m.small, cudaIpcMemLazyEnablePeerAccess));
  CHECK(small == again);
  OK(cudaIpcCloseMemHandle(again));
  OK(cudaIpcOpenMemHandle((void**)&large, m.large, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaStreamWaitEvent(0, theirs, 0));  // its slow kernel
  times<<<1, 256>>>(small, count, 3);
  times<<<1, 256>>>(large, 1 << 20, 5);
  cudaMemPool_t pool;
  OK(cudaMemPoolImportFromShareableHandle(&pool, (void*)long(file), cudaMemHandleTypePosixFileDescriptor, 0));
  OK(cudaMemPoolImportPointer((void**)&pooled, pool, &m.data));
  CHECK(memcpy(&m.data, &m.small, sizeof m.data));
  EXPECT(cudaErrorInvalidValue, cudaMemPoolImportPointer((void**)&again, pool, &m.data));  // not of this pool
  EXPECT(cudaErrorInvalidValue, cudaMallocFromPoolAsync((void**)&again, 4, pool, 0));
  times<<<1, 256>>>(pooled, count, 7);
  OK(cudaEventRecord(ours, 0));
  CHECK(write(socket, "", 1) == 1);
  OK(cudaDeviceSynchronize());
  OK(cudaMemcpy(&got, small + 9, 4, cudaMemcpyDefault));
  CHECK(got == 3 * (100 + 9) || got == 2 * 3 * (100 + 9));  // theirs may be through, too
  cudaPointerAttributes a;
  OK(cudaPointerGetAttributes(&a, small + 5));
  EXPECT(cudaMemoryTypeDevice, a.type);
  EXPECT(cudaErrorInvalidValue, cudaFree(small));
  OK(cudaFreeAsync(pooled, 0));
  OK(cudaIpcCloseMemHandle(small));
  EXPECT(cudaErrorInvalidValue, cudaIpcCloseMemHandle(small));
  char byte;
  CHECK(read(socket, &byte, 1) == 1);  // the memory is freed there, and still here
  OK(cudaMemcpy(&got, large + 11, 4, cudaMemcpyDefault));
  EXPECT(5 * (200 + 11), got);
  past<<<1, 1>>>(large, 1 << 22);
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
  return 0;
}

int main(int words, char** word) {
  if (words > 1) return other(atoi(word[1]));
  int ends[2], *small, *large, *pooled, *plain, got;
  CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  pid_t child = fork();
  if (!child) {
    char number[16];
    snprintf(number, sizeof number, "%d", ends[1]);
    execl("/proc/self/exe", word[0], number, nullptr);
    _exit(9);
  }
  close(ends[1]);
  Message m;
  cudaEvent_t mine, yours, timed;
  EXPECT(cudaErrorInvalidValue, cudaEventCreateWithFlags(&timed, cudaEventInterprocess));
  OK(cudaEventCreate(&timed));
  EXPECT(cudaErrorInvalidResourceHandle, cudaIpcGetEventHandle(&m.mine, timed));
  OK(cudaEventCreateWithFlags(&mine, cudaEventInterprocess | cudaEventDisableTiming));
  OK(cudaEventCreateWithFlags(&yours, cudaEventInterprocess | cudaEventDisableTiming));
  OK(cudaMalloc(&plain, 100));
  OK(cudaMalloc(&small, 4 * count));
  OK(cudaMalloc(&large, 4 << 20));
  cudaMemPoolProps props = {};
  props.allocType = cudaMemAllocationTypePinned;
  props.handleTypes = cudaMemHandleTypePosixFileDescriptor;
  props.location = {cudaMemLocationTypeDevice, 0};
  cudaMemPool_t pool;
  int file;
  OK(cudaMemPoolCreate(&pool, &props));
  OK(cudaMallocFromPoolAsync((void**)&pooled, 4 * count, pool, 0));
  slow_fill<<<1, 64>>>(small, count, 1);  // contents stay when memory is exported
  OK(cudaMemset(large, 0, 4 << 20));
  OK(cudaIpcGetMemHandle(&m.small, small + 1));
  OK(cudaMemcpy(&got, small + 4999, 4, cudaMemcpyDefault));
  EXPECT(5000, got);
  OK(cudaIpcGetMemHandle(&m.large, large));
  EXPECT(cudaErrorInvalidValue, cudaIpcGetMemHandle(&m.large, &got));
  EXPECT(cudaErrorInvalidValue, cudaIpcGetMemHandle(&m.large, pooled));
  void* same;
  EXPECT(cudaErrorDeviceUninitialized, cudaIpcOpenMemHandle(&same, m.large, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcGetEventHandle(&m.mine, mine));
  OK(cudaIpcGetEventHandle(&m.yours, yours));
  OK(cudaMemPoolExportToShareableHandle(&file, pool, cudaMemHandleTypePosixFileDescriptor, 0));
  OK(cudaMemPoolExportPointer(&m.data, pooled));
  slow_fill<<<1, 64>>>(small, count, 100);
  slow_fill<<<1, 64>>>(large, 1 << 20, 200);
  slow_fill<<<1, 64>>>(pooled, count, 300);
  OK(cudaEventRecord(mine, 0));
  CHECK(write(ends[0], &m, sizeof m) == sizeof m);
  send_file(ends[0], file);
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  OK(cudaStreamWaitEvent(0, yours, 0));
  times<<<1, 256>>>(small, count, 2);
  OK(cudaEventSynchronize(yours));
  OK(cudaEventQuery(yours));
  OK(cudaMemcpy(&got, small + 8, 4, cudaMemcpyDefault));
  EXPECT(2 * 3 * (100 + 8), got);
  OK(cudaMemcpy(&got, pooled + 8, 4, cudaMemcpyDefault));
  EXPECT(7 * (300 + 8), got);
  OK(cudaFree(large));
  OK(cudaFree(plain));
  OK(cudaFreeAsync(pooled, 0));
  CHECK(write(ends[0], "", 1) == 1);
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  EXPECT(0, WEXITSTATUS(status));
  OK(cudaMalloc(&large, 4 << 20));  // the place that was a file is memory again
  OK(cudaMemset(large, 0, 4 << 20));
  OK(cudaEventDestroy(mine));
  OK(cudaEventDestroy(yours));
  OK(cudaDeviceSynchronize());
}
