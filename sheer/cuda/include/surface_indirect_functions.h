/* Surface accesses through surface objects: surf1Dread, surf2Dwrite and their kin, for numbers of 1, 2, 4 and 8 bytes and vectors of 1, 2 and 4
   of them, up to 16 bytes. x counts bytes. Outside of the surface an access is a fault, or goes to the nearest place, or reads zero and
   writes nothing, as the boundary mode says. */
#ifndef SHEER_SURFACE_FUNCTIONS_H
#define SHEER_SURFACE_FUNCTIONS_H

#if defined(__CUDA__) && defined(__cplusplus)

#include "sheer/device_macros.h"
#include "vector_types.h"
#include "surface_types.h"

/* What an access moves: the word that it moves for each part, and how many. */
template <class T>
struct sheer_element;
#define SHEER_ELEMENT(type, word_type, bits_, count_) \
  template <> \
  struct sheer_element<type> { \
    using word = word_type; \
    static constexpr int bits = bits_, count = count_; \
  };
#define SHEER_ELEMENTS(part, stem, word, bits) \
  SHEER_ELEMENT(part, word, bits, 1) \
  SHEER_ELEMENT(stem##1, word, bits, 1) \
  SHEER_ELEMENT(stem##2, word, bits, 2) \
  SHEER_ELEMENT(stem##4, word, bits, 4)
#define SHEER_WIDE_ELEMENTS(part, stem) \
  SHEER_ELEMENT(part, long long, 64, 1) \
  SHEER_ELEMENT(stem##1, long long, 64, 1) \
  SHEER_ELEMENT(stem##2, long long, 64, 2)
SHEER_ELEMENT(char, short, 8, 1)
SHEER_ELEMENTS(signed char, char, short, 8)
SHEER_ELEMENTS(unsigned char, uchar, short, 8)
SHEER_ELEMENTS(short, short, short, 16)
SHEER_ELEMENTS(unsigned short, ushort, short, 16)
SHEER_ELEMENTS(int, int, int, 32)
SHEER_ELEMENTS(unsigned int, uint, int, 32)
SHEER_ELEMENTS(float, float, int, 32)
SHEER_WIDE_ELEMENTS(long, long)
SHEER_WIDE_ELEMENTS(unsigned long, ulong)
SHEER_WIDE_ELEMENTS(long long, longlong)
SHEER_WIDE_ELEMENTS(unsigned long long, ulonglong)
SHEER_WIDE_ELEMENTS(double, double)
#undef SHEER_WIDE_ELEMENTS
#undef SHEER_ELEMENTS
#undef SHEER_ELEMENT

template <int bits, int count>
struct sheer_pieces {};  /* chooses an overload */

/* One access, for one size, count and mode. place: its coordinates, as the last operands of the assembly. */
#define SHEER_READ_1(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 1>, word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("suld.b." geometry ".b" #bits "." #mode " {%0}, [%1, {" SHEER_PLACE_1_##place "}];" \
                 : "=" letter(v[0]) : "l"(object), __VA_ARGS__ : "memory"); \
  }
#define SHEER_READ_2(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 2>, word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("suld.b." geometry ".v2.b" #bits "." #mode " {%0, %1}, [%2, {" SHEER_PLACE_2_##place "}];" \
                 : "=" letter(v[0]), "=" letter(v[1]) : "l"(object), __VA_ARGS__ : "memory"); \
  }
#define SHEER_READ_4(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 4>, word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("suld.b." geometry ".v4.b" #bits "." #mode " {%0, %1, %2, %3}, [%4, {" SHEER_PLACE_4_##place "}];" \
                 : "=" letter(v[0]), "=" letter(v[1]), "=" letter(v[2]), "=" letter(v[3]) \
                 : "l"(object), __VA_ARGS__ : "memory"); \
  }
#define SHEER_WRITE_1(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 1>, const word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("sust.b." geometry ".b" #bits "." #mode " [%1, {" SHEER_PLACE_1_##place "}], {%0};" \
                 ::letter(v[0]), "l"(object), __VA_ARGS__ : "memory"); \
  }
#define SHEER_WRITE_2(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 2>, const word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("sust.b." geometry ".v2.b" #bits "." #mode " [%2, {" SHEER_PLACE_2_##place "}], {%0, %1};" \
                 ::letter(v[0]), letter(v[1]), "l"(object), __VA_ARGS__ : "memory"); \
  }
#define SHEER_WRITE_4(name, geometry, bits, word, letter, mode, place, parameters, ...) \
  SHEER_DEVICE void sheer_##name##_##mode(sheer_pieces<bits, 4>, const word* v, cudaSurfaceObject_t object, SHEER_ALL parameters) { \
    asm volatile("sust.b." geometry ".v4.b" #bits "." #mode " [%4, {" SHEER_PLACE_4_##place "}], {%0, %1, %2, %3};" \
                 ::letter(v[0]), letter(v[1]), letter(v[2]), letter(v[3]), "l"(object), __VA_ARGS__ : "memory"); \
  }
/* The coordinates follow the elements and the object; vectors of four end with one that is not looked at. */
#define SHEER_PLACE_1_1 "%2"
#define SHEER_PLACE_1_2 "%2, %3"
#define SHEER_PLACE_1_3 "%2, %3, %4, %4"
#define SHEER_PLACE_2_1 "%3"
#define SHEER_PLACE_2_2 "%3, %4"
#define SHEER_PLACE_2_3 "%3, %4, %5, %5"
#define SHEER_PLACE_4_1 "%5"
#define SHEER_PLACE_4_2 "%5, %6"
#define SHEER_PLACE_4_3 "%5, %6, %7, %7"
#define SHEER_ALL(...) __VA_ARGS__

#define SHEER_EACH_SIZE(what, mode, name, geometry, place, parameters, ...) \
  what##_1(name, geometry, 8, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_2(name, geometry, 8, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_4(name, geometry, 8, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_1(name, geometry, 16, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_2(name, geometry, 16, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_4(name, geometry, 16, short, "h", mode, place, parameters, __VA_ARGS__) \
  what##_1(name, geometry, 32, int, "r", mode, place, parameters, __VA_ARGS__) \
  what##_2(name, geometry, 32, int, "r", mode, place, parameters, __VA_ARGS__) \
  what##_4(name, geometry, 32, int, "r", mode, place, parameters, __VA_ARGS__) \
  what##_1(name, geometry, 64, long long, "l", mode, place, parameters, __VA_ARGS__) \
  what##_2(name, geometry, 64, long long, "l", mode, place, parameters, __VA_ARGS__)
#define SHEER_EACH_MODE(what, ...) \
  SHEER_EACH_SIZE(what, trap, __VA_ARGS__) \
  SHEER_EACH_SIZE(what, clamp, __VA_ARGS__) \
  SHEER_EACH_SIZE(what, zero, __VA_ARGS__)

#define SHEER_SURFACE(stem, geometry, place, parameters, arguments, ...) \
  SHEER_EACH_MODE(SHEER_READ, stem##read, geometry, place, parameters, __VA_ARGS__) \
  SHEER_EACH_MODE(SHEER_WRITE, stem##write, geometry, place, parameters, __VA_ARGS__) \
  template <class T> \
  SHEER_DEVICE T stem##read(cudaSurfaceObject_t object, SHEER_ALL parameters, \
                            cudaSurfaceBoundaryMode mode = cudaBoundaryModeTrap) { \
    using E = sheer_element<T>; \
    sheer_pieces<E::bits, E::count> pieces; \
    typename E::word v[E::count]; \
    if (mode == cudaBoundaryModeClamp) sheer_##stem##read_clamp(pieces, v, object, SHEER_ALL arguments); \
    else if (mode == cudaBoundaryModeZero) sheer_##stem##read_zero(pieces, v, object, SHEER_ALL arguments); \
    else sheer_##stem##read_trap(pieces, v, object, SHEER_ALL arguments); \
    return sheer_put_together<T>(v); \
  } \
  template <class T> \
  SHEER_DEVICE void stem##read(T* value, cudaSurfaceObject_t object, SHEER_ALL parameters, \
                               cudaSurfaceBoundaryMode mode = cudaBoundaryModeTrap) { \
    *value = stem##read<T>(object, SHEER_ALL arguments, mode); \
  } \
  template <class T> \
  SHEER_DEVICE void stem##write(T value, cudaSurfaceObject_t object, SHEER_ALL parameters, \
                                cudaSurfaceBoundaryMode mode = cudaBoundaryModeTrap) { \
    using E = sheer_element<T>; \
    sheer_pieces<E::bits, E::count> pieces; \
    typename E::word v[E::count]; \
    sheer_take_apart(value, v); \
    if (mode == cudaBoundaryModeClamp) sheer_##stem##write_clamp(pieces, v, object, SHEER_ALL arguments); \
    else if (mode == cudaBoundaryModeZero) sheer_##stem##write_zero(pieces, v, object, SHEER_ALL arguments); \
    else sheer_##stem##write_trap(pieces, v, object, SHEER_ALL arguments); \
  }

template <class T>
SHEER_DEVICE T sheer_put_together(const typename sheer_element<T>::word* words) {
  using E = sheer_element<T>;
  T value;
  for (int i = 0; i < E::count; ++i) __builtin_memcpy((char*)&value + i * (E::bits / 8), words + i, E::bits / 8);
  return value;
}
template <class T>
SHEER_DEVICE void sheer_take_apart(const T& value, typename sheer_element<T>::word* words) {
  using E = sheer_element<T>;
  for (int i = 0; i < E::count; ++i) {
    words[i] = 0;
    __builtin_memcpy(words + i, (const char*)&value + i * (E::bits / 8), E::bits / 8);
  }
}

SHEER_SURFACE(surf1D, "1d", 1, (int x), (x), "r"(x))
SHEER_SURFACE(surf2D, "2d", 2, (int x, int y), (x, y), "r"(x), "r"(y))
SHEER_SURFACE(surf3D, "3d", 3, (int x, int y, int z), (x, y, z), "r"(x), "r"(y), "r"(z))
SHEER_SURFACE(surf1DLayered, "a1d", 2, (int x, int layer), (x, layer), "r"(layer), "r"(x))
SHEER_SURFACE(surf2DLayered, "a2d", 3, (int x, int y, int layer), (x, y, layer), "r"(layer), "r"(x), "r"(y))
SHEER_SURFACE(surfCubemap, "a2d", 3, (int x, int y, int face), (x, y, face), "r"(face), "r"(x), "r"(y))
SHEER_SURFACE(surfCubemapLayered, "a2d", 3, (int x, int y, int layerFace), (x, y, layerFace), "r"(layerFace), "r"(x), "r"(y))

#undef SHEER_SURFACE
#undef SHEER_EACH_MODE
#undef SHEER_EACH_SIZE
#undef SHEER_READ_1
#undef SHEER_READ_2
#undef SHEER_READ_4
#undef SHEER_WRITE_1
#undef SHEER_WRITE_2
#undef SHEER_WRITE_4
#undef SHEER_PLACE_1_1
#undef SHEER_PLACE_1_2
#undef SHEER_PLACE_1_3
#undef SHEER_PLACE_2_1
#undef SHEER_PLACE_2_2
#undef SHEER_PLACE_2_3
#undef SHEER_PLACE_4_1
#undef SHEER_PLACE_4_2
#undef SHEER_PLACE_4_3
#undef SHEER_ALL

#endif
#endif
