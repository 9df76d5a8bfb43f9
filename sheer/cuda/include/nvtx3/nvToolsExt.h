/* NVTX, version 3: markers and ranges for profilers. No tool listens here, so every call does nothing and
 * costs nothing. */
#ifndef NVTX_VERSION
#define NVTX_VERSION 3

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <wchar.h>
#endif

#define NVTX_API
#define NVTX_INLINE_STATIC static inline
#define NVTX_DECLSPEC static inline
#define NVTX_NULLPTR 0

#define NVTX_SUCCESS 0
#define NVTX_FAIL 1
#define NVTX_ERR_INIT_LOAD_PROPERTY 2
#define NVTX_ERR_INIT_ACCESS_LIBRARY 3
#define NVTX_ERR_INIT_LOAD_LIBRARY 4
#define NVTX_ERR_INIT_MISSING_LIBRARY_ENTRY_POINT 5
#define NVTX_ERR_INIT_FAILED_LIBRARY_ENTRY_POINT 6
#define NVTX_ERR_NO_INJECTION_LIBRARY_AVAILABLE 7
#define NVTX_NO_PUSH_POP_TRACKING ((int)-2)

#define NVTX_EVENT_ATTRIB_STRUCT_SIZE ((uint16_t)sizeof(nvtxEventAttributes_t))
#define NVTX_INITIALIZATION_ATTRIB_STRUCT_SIZE ((uint16_t)sizeof(nvtxInitializationAttributes_t))

typedef enum nvtxColorType_t { NVTX_COLOR_UNKNOWN = 0, NVTX_COLOR_ARGB = 1 } nvtxColorType_t;
typedef enum nvtxMessageType_t {
  NVTX_MESSAGE_UNKNOWN = 0,
  NVTX_MESSAGE_TYPE_ASCII = 1,
  NVTX_MESSAGE_TYPE_UNICODE = 2,
  NVTX_MESSAGE_TYPE_REGISTERED = 3
} nvtxMessageType_t;
typedef enum nvtxPayloadType_t {
  NVTX_PAYLOAD_UNKNOWN = 0,
  NVTX_PAYLOAD_TYPE_UNSIGNED_INT64 = 1,
  NVTX_PAYLOAD_TYPE_INT64 = 2,
  NVTX_PAYLOAD_TYPE_DOUBLE = 3,
  NVTX_PAYLOAD_TYPE_UNSIGNED_INT32 = 4,
  NVTX_PAYLOAD_TYPE_INT32 = 5,
  NVTX_PAYLOAD_TYPE_FLOAT = 6
} nvtxPayloadType_t;
typedef enum nvtxResourceGenericType_t {
  NVTX_RESOURCE_TYPE_UNKNOWN = 0,
  NVTX_RESOURCE_TYPE_GENERIC_POINTER = 0x10001,
  NVTX_RESOURCE_TYPE_GENERIC_HANDLE = 0x10002,
  NVTX_RESOURCE_TYPE_GENERIC_THREAD_NATIVE = 0x10003,
  NVTX_RESOURCE_TYPE_GENERIC_THREAD_POSIX = 0x10004
} nvtxResourceGenericType_t;
#define NVTX_MESSAGE_TYPE_UNKNOWN NVTX_MESSAGE_UNKNOWN
#define NVTX_PAYLOAD_TYPE_UNKNOWN NVTX_PAYLOAD_UNKNOWN

typedef uint64_t nvtxRangeId_t;
typedef struct nvtxDomainRegistration_st *nvtxDomainHandle_t;
typedef struct nvtxStringRegistration_st *nvtxStringHandle_t;
typedef struct nvtxResourceHandle *nvtxResourceHandle_t;
typedef struct nvtxDomainRegistration_st nvtxDomainRegistration;
typedef struct nvtxStringRegistration_st nvtxStringRegistration;

typedef union nvtxMessageValue_t {
  const char *ascii;
  const wchar_t *unicode;
  nvtxStringHandle_t registered;
} nvtxMessageValue_t;
typedef union nvtxPayload_t {
  uint64_t ullValue;
  int64_t llValue;
  double dValue;
  uint32_t uiValue;
  int32_t iValue;
  float fValue;
} nvtxPayload_t;
typedef struct nvtxEventAttributes_v2 {
  uint16_t version;
  uint16_t size;
  uint32_t category;
  int32_t colorType;
  uint32_t color;
  int32_t payloadType;
  int32_t reserved0;
  union payload_t {
    uint64_t ullValue;
    int64_t llValue;
    double dValue;
    uint32_t uiValue;
    int32_t iValue;
    float fValue;
  } payload;
  int32_t messageType;
  nvtxMessageValue_t message;
} nvtxEventAttributes_v2;
typedef struct nvtxEventAttributes_v2 nvtxEventAttributes_t;
typedef struct nvtxInitializationAttributes_v2 {
  uint16_t version;
  uint16_t size;
  uint32_t initializationType;
  union {
    const void *p;
    uint64_t v;
  } reserved;
} nvtxInitializationAttributes_v2;
typedef struct nvtxInitializationAttributes_v2 nvtxInitializationAttributes_t;
typedef struct nvtxResourceAttributes_v0 {
  uint16_t version;
  uint16_t size;
  int32_t identifierType;
  union {
    const void *pIdentifier;
    uint64_t ullIdentifier;
  } identifier;
  int32_t messageType;
  nvtxMessageValue_t message;
} nvtxResourceAttributes_v0;
typedef struct nvtxResourceAttributes_v0 nvtxResourceAttributes_t;

#define NVTX_NOTHING(name, ...) \
  static inline void name(__VA_ARGS__) {}
#define NVTX_GIVES(type, value, name, ...) \
  static inline type name(__VA_ARGS__) { return value; }
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-parameter"
#elif defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

NVTX_NOTHING(nvtxInitialize, const void *reserved)
NVTX_NOTHING(nvtxMarkEx, const nvtxEventAttributes_t *event)
NVTX_NOTHING(nvtxMarkA, const char *message)
NVTX_NOTHING(nvtxMarkW, const wchar_t *message)
NVTX_GIVES(nvtxRangeId_t, 0, nvtxRangeStartEx, const nvtxEventAttributes_t *event)
NVTX_GIVES(nvtxRangeId_t, 0, nvtxRangeStartA, const char *message)
NVTX_GIVES(nvtxRangeId_t, 0, nvtxRangeStartW, const wchar_t *message)
NVTX_NOTHING(nvtxRangeEnd, nvtxRangeId_t id)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxRangePushEx, const nvtxEventAttributes_t *event)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxRangePushA, const char *message)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxRangePushW, const wchar_t *message)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxRangePop, void)
NVTX_NOTHING(nvtxNameCategoryA, uint32_t category, const char *name)
NVTX_NOTHING(nvtxNameCategoryW, uint32_t category, const wchar_t *name)
NVTX_NOTHING(nvtxNameOsThreadA, uint32_t thread, const char *name)
NVTX_NOTHING(nvtxNameOsThreadW, uint32_t thread, const wchar_t *name)
NVTX_GIVES(nvtxDomainHandle_t, NVTX_NULLPTR, nvtxDomainCreateA, const char *name)
NVTX_GIVES(nvtxDomainHandle_t, NVTX_NULLPTR, nvtxDomainCreateW, const wchar_t *name)
NVTX_NOTHING(nvtxDomainDestroy, nvtxDomainHandle_t domain)
NVTX_NOTHING(nvtxDomainMarkEx, nvtxDomainHandle_t domain, const nvtxEventAttributes_t *event)
NVTX_GIVES(nvtxRangeId_t, 0, nvtxDomainRangeStartEx, nvtxDomainHandle_t domain,
           const nvtxEventAttributes_t *event)
NVTX_NOTHING(nvtxDomainRangeEnd, nvtxDomainHandle_t domain, nvtxRangeId_t id)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxDomainRangePushEx, nvtxDomainHandle_t domain,
           const nvtxEventAttributes_t *event)
NVTX_GIVES(int, NVTX_NO_PUSH_POP_TRACKING, nvtxDomainRangePop, nvtxDomainHandle_t domain)
NVTX_GIVES(nvtxResourceHandle_t, NVTX_NULLPTR, nvtxDomainResourceCreate, nvtxDomainHandle_t domain,
           nvtxResourceAttributes_t *attributes)
NVTX_NOTHING(nvtxDomainResourceDestroy, nvtxResourceHandle_t resource)
NVTX_NOTHING(nvtxDomainNameCategoryA, nvtxDomainHandle_t domain, uint32_t category, const char *name)
NVTX_NOTHING(nvtxDomainNameCategoryW, nvtxDomainHandle_t domain, uint32_t category, const wchar_t *name)
NVTX_GIVES(nvtxStringHandle_t, NVTX_NULLPTR, nvtxDomainRegisterStringA, nvtxDomainHandle_t domain,
           const char *string)
NVTX_GIVES(nvtxStringHandle_t, NVTX_NULLPTR, nvtxDomainRegisterStringW, nvtxDomainHandle_t domain,
           const wchar_t *string)

#if defined(__clang__)
#pragma clang diagnostic pop
#elif defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#ifdef UNICODE
#define nvtxMark nvtxMarkW
#define nvtxRangeStart nvtxRangeStartW
#define nvtxRangePush nvtxRangePushW
#define nvtxNameCategory nvtxNameCategoryW
#define nvtxNameOsThread nvtxNameOsThreadW
#define nvtxDomainCreate nvtxDomainCreateW
#define nvtxDomainRegisterString nvtxDomainRegisterStringW
#define nvtxDomainNameCategory nvtxDomainNameCategoryW
#else
#define nvtxMark nvtxMarkA
#define nvtxRangeStart nvtxRangeStartA
#define nvtxRangePush nvtxRangePushA
#define nvtxNameCategory nvtxNameCategoryA
#define nvtxNameOsThread nvtxNameOsThreadA
#define nvtxDomainCreate nvtxDomainCreateA
#define nvtxDomainRegisterString nvtxDomainRegisterStringA
#define nvtxDomainNameCategory nvtxDomainNameCategoryA
#endif

#endif
