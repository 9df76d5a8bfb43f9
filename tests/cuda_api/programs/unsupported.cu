// What is not supported says so: an error each time, a line on stderr once.
// stderr: sheer: cudaGraphicsMapResources is not supported: there is no graphics device
// stderr: sheer: cudaImportExternalMemory is not supported
#include "check.h"

int main() {
  cudaGraphicsResource_t r = {};
  EXPECT(cudaErrorNotSupported, cudaGraphicsMapResources(1, &r));
  EXPECT(cudaErrorNotSupported, cudaGraphicsMapResources(1, &r));
  EXPECT(cudaErrorNotSupported, cudaGetLastError());
  cudaExternalMemory_t memory;
  cudaExternalMemoryHandleDesc d = {};
  void* p;
  OK(cudaMalloc(&p, 4));
  EXPECT(cudaErrorNotSupported, cudaImportExternalMemory(&memory, &d));
  CHECK(cuTensorMapEncodeTiled(0, CU_TENSOR_MAP_DATA_TYPE_UINT8, 0, 0, 0, 0, 0, 0, CU_TENSOR_MAP_INTERLEAVE_NONE,
                               CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE,
                               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_ERROR_NOT_SUPPORTED);
  const void* table;
  CHECK(cuGetExportTable(&table, 0) == CUDA_ERROR_NOT_FOUND);
  return 0;
}
