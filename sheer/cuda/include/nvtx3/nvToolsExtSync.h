/* NVTX marks for user-made locks: none listens. */
#ifndef SHEER_NVTX_SYNC_H
#define SHEER_NVTX_SYNC_H

#include "nvToolsExt.h"

typedef struct nvtxSyncUser *nvtxSyncUser_t;
typedef struct nvtxSyncUserAttributes_t {
  uint16_t version;
  uint16_t size;
  int32_t messageType;
  nvtxMessageValue_t message;
} nvtxSyncUserAttributes_t;

static inline nvtxSyncUser_t nvtxDomainSyncUserCreate(nvtxDomainHandle_t domain,
                                                      const nvtxSyncUserAttributes_t *attributes) {
  (void)domain;
  (void)attributes;
  return NVTX_NULLPTR;
}
static inline void nvtxDomainSyncUserDestroy(nvtxSyncUser_t handle) { (void)handle; }
static inline void nvtxDomainSyncUserAcquireStart(nvtxSyncUser_t handle) { (void)handle; }
static inline void nvtxDomainSyncUserAcquireFailed(nvtxSyncUser_t handle) { (void)handle; }
static inline void nvtxDomainSyncUserAcquireSuccess(nvtxSyncUser_t handle) { (void)handle; }
static inline void nvtxDomainSyncUserReleasing(nvtxSyncUser_t handle) { (void)handle; }

#endif
