// What is not supported says so: an error each time, a line on stderr once.
// stderr: sheer: cudaCreateTextureObject is not supported: textures and surfaces are not supported
// stderr: sheer: cudaIpcGetMemHandle is not supported
#include "check.h"

int main() {
  cudaTextureObject_t t;
  cudaResourceDesc r = {};
  cudaTextureDesc d = {};
  EXPECT(cudaErrorNotSupported, cudaCreateTextureObject(&t, &r, &d, 0));
  EXPECT(cudaErrorNotSupported, cudaCreateTextureObject(&t, &r, &d, 0));
  EXPECT(cudaErrorNotSupported, cudaGetLastError());
  cudaIpcMemHandle_t h;
  void* p;
  OK(cudaMalloc(&p, 4));
  EXPECT(cudaErrorNotSupported, cudaIpcGetMemHandle(&h, p));
  CHECK(cuTensorMapEncodeTiled(0, CU_TENSOR_MAP_DATA_TYPE_UINT8, 0, 0, 0, 0, 0, 0, CU_TENSOR_MAP_INTERLEAVE_NONE,
                               CU_TENSOR_MAP_SWIZZLE_NONE, CU_TENSOR_MAP_L2_PROMOTION_NONE,
                               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_ERROR_NOT_SUPPORTED);
  const void* table;
  CHECK(cuGetExportTable(&table, 0) == CUDA_ERROR_NOT_FOUND);
  return 0;
}
