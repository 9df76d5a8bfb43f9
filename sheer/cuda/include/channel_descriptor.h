/* cudaCreateChannelDesc<T>(): the channel format of a scalar or vector type. */
#ifndef SHEER_CHANNEL_DESCRIPTOR_H
#define SHEER_CHANNEL_DESCRIPTOR_H
#define __CHANNEL_DESCRIPTOR_H__

#include "cuda_runtime_api.h"

#if defined(__cplusplus) && !defined(__CUDACC_RTC__)

template <class T>
inline cudaChannelFormatDesc cudaCreateChannelDesc() {
  return cudaCreateChannelDesc(0, 0, 0, 0, cudaChannelFormatKindNone);
}
static inline cudaChannelFormatDesc cudaCreateChannelDescHalf() {
  return cudaCreateChannelDesc(16, 0, 0, 0, cudaChannelFormatKindFloat);
}
static inline cudaChannelFormatDesc cudaCreateChannelDescHalf1() { return cudaCreateChannelDescHalf(); }
static inline cudaChannelFormatDesc cudaCreateChannelDescHalf2() {
  return cudaCreateChannelDesc(16, 16, 0, 0, cudaChannelFormatKindFloat);
}
static inline cudaChannelFormatDesc cudaCreateChannelDescHalf4() {
  return cudaCreateChannelDesc(16, 16, 16, 16, cudaChannelFormatKindFloat);
}

#define SHEER_CHANNEL(type, bits, kind)                                       \
  template <>                                                                 \
  inline cudaChannelFormatDesc cudaCreateChannelDesc<type>() {                \
    return cudaCreateChannelDesc(bits, 0, 0, 0, cudaChannelFormatKind##kind); \
  }
#define SHEER_CHANNELS(vector, bits, kind)                                             \
  SHEER_CHANNEL(vector##1, bits, kind)                                                 \
  template <>                                                                          \
  inline cudaChannelFormatDesc cudaCreateChannelDesc<vector##2>() {                    \
    return cudaCreateChannelDesc(bits, bits, 0, 0, cudaChannelFormatKind##kind);       \
  }                                                                                    \
  template <>                                                                          \
  inline cudaChannelFormatDesc cudaCreateChannelDesc<vector##4>() {                    \
    return cudaCreateChannelDesc(bits, bits, bits, bits, cudaChannelFormatKind##kind); \
  }

SHEER_CHANNEL(char, 8, Signed)
SHEER_CHANNEL(signed char, 8, Signed)
SHEER_CHANNEL(unsigned char, 8, Unsigned)
SHEER_CHANNEL(short, 16, Signed)
SHEER_CHANNEL(unsigned short, 16, Unsigned)
SHEER_CHANNEL(int, 32, Signed)
SHEER_CHANNEL(unsigned int, 32, Unsigned)
SHEER_CHANNEL(float, 32, Float)
SHEER_CHANNELS(char, 8, Signed)
SHEER_CHANNELS(uchar, 8, Unsigned)
SHEER_CHANNELS(short, 16, Signed)
SHEER_CHANNELS(ushort, 16, Unsigned)
SHEER_CHANNELS(int, 32, Signed)
SHEER_CHANNELS(uint, 32, Unsigned)
SHEER_CHANNELS(float, 32, Float)

#undef SHEER_CHANNELS
#undef SHEER_CHANNEL

#endif
#endif
