/* Texture fetches through texture objects: tex1Dfetch, tex1D, tex2D, tex3D, the layered ones, cube maps, tex2Dgather, and those with a
   level (Lod) or gradients (Grad). A fetch gives a number, or a vector of 1, 2 or 4, of 8, 16 or 32 bits; what it gives it may also store
   through a pointer that is its first argument. */
#ifndef SHEER_TEXTURE_FUNCTIONS_H
#define SHEER_TEXTURE_FUNCTIONS_H

#if defined(__CUDA__) && defined(__cplusplus)

#include "sheer/device_macros.h"
#include "vector_types.h"
#include "texture_types.h"

/* The four words that a fetch gives, and what becomes of them. */
template <class T>
struct sheer_texel;
#define SHEER_TEXEL(type, four, ...) \
  template <> \
  struct sheer_texel<type> { \
    using words = four; \
    static SHEER_INLINE type of(const four& v) { \
      type t; \
      __VA_ARGS__; \
      return t; \
    } \
  };
#define SHEER_TEXELS(part, stem, four) \
  SHEER_TEXEL(part, four, t = part(v.x)) \
  SHEER_TEXEL(stem##1, four, t.x = part(v.x)) \
  SHEER_TEXEL(stem##2, four, t.x = part(v.x), t.y = part(v.y)) \
  SHEER_TEXEL(stem##4, four, t.x = part(v.x), t.y = part(v.y), t.z = part(v.z), t.w = part(v.w))
typedef signed char sheer_schar;
typedef unsigned char sheer_uchar;
typedef unsigned short sheer_ushort;
typedef unsigned int sheer_uint;
SHEER_TEXEL(char, int4, t = char(v.x))
SHEER_TEXELS(sheer_schar, char, int4)
SHEER_TEXELS(sheer_uchar, uchar, uint4)
SHEER_TEXELS(short, short, int4)
SHEER_TEXELS(sheer_ushort, ushort, uint4)
SHEER_TEXELS(int, int, int4)
SHEER_TEXELS(sheer_uint, uint, uint4)
SHEER_TEXELS(float, float, float4)
#undef SHEER_TEXELS
#undef SHEER_TEXEL

/* A fetch: its name; the instruction before and after the type of its words; the rest of the operands; parameters; arguments; operands
   of the assembly. */
#define SHEER_FETCH_WORDS(words, letter, ptx, name, before, after, rest, parameters, ...) \
  SHEER_DEVICE void sheer_##name(words& v, cudaTextureObject_t object, SHEER_ALL parameters) { \
    asm(before ".v4." ptx after " {%0, %1, %2, %3}, [%4, " rest ";" \
        : "=" letter(v.x), "=" letter(v.y), "=" letter(v.z), "=" letter(v.w) \
        : "l"(object), __VA_ARGS__); \
  }
#define SHEER_ALL(...) __VA_ARGS__
#define SHEER_FETCH(name, before, after, rest, parameters, arguments, ...) \
  SHEER_FETCH_WORDS(float4, "f", "f32", name, before, after, rest, parameters, __VA_ARGS__) \
  SHEER_FETCH_WORDS(int4, "r", "s32", name, before, after, rest, parameters, __VA_ARGS__) \
  SHEER_FETCH_WORDS(uint4, "r", "u32", name, before, after, rest, parameters, __VA_ARGS__) \
  template <class T> \
  SHEER_DEVICE T name(cudaTextureObject_t object, SHEER_ALL parameters) { \
    typename sheer_texel<T>::words v; \
    sheer_##name(v, object, SHEER_ALL arguments); \
    return sheer_texel<T>::of(v); \
  } \
  template <class T> \
  SHEER_DEVICE void name(T* texel, cudaTextureObject_t object, SHEER_ALL parameters) { \
    *texel = name<T>(object, SHEER_ALL arguments); \
  }

SHEER_FETCH(tex1Dfetch, "tex.1d", ".s32", "{%5}]", (int x), (x), "r"(x))
SHEER_FETCH(tex1D, "tex.1d", ".f32", "{%5}]", (float x), (x), "f"(x))
SHEER_FETCH(tex2D, "tex.2d", ".f32", "{%5, %6}]", (float x, float y), (x, y), "f"(x), "f"(y))
SHEER_FETCH(tex3D, "tex.3d", ".f32", "{%5, %6, %7, %7}]", (float x, float y, float z), (x, y, z), "f"(x), "f"(y), "f"(z))
SHEER_FETCH(tex1DLayered, "tex.a1d", ".f32", "{%5, %6}]", (float x, int layer), (x, layer), "r"(layer), "f"(x))
SHEER_FETCH(tex2DLayered, "tex.a2d", ".f32", "{%5, %6, %7, %7}]", (float x, float y, int layer), (x, y, layer),
            "r"(layer), "f"(x), "f"(y))
SHEER_FETCH(texCubemap, "tex.cube", ".f32", "{%5, %6, %7, %7}]", (float x, float y, float z), (x, y, z), "f"(x), "f"(y), "f"(z))
SHEER_FETCH(texCubemapLayered, "tex.acube", ".f32", "{%5, %6, %7, %8}]", (float x, float y, float z, int layer), (x, y, z, layer),
            "r"(layer), "f"(x), "f"(y), "f"(z))

SHEER_FETCH(tex1DLod, "tex.level.1d", ".f32", "{%5}], %6", (float x, float level), (x, level), "f"(x), "f"(level))
SHEER_FETCH(tex2DLod, "tex.level.2d", ".f32", "{%5, %6}], %7", (float x, float y, float level), (x, y, level),
            "f"(x), "f"(y), "f"(level))
SHEER_FETCH(tex3DLod, "tex.level.3d", ".f32", "{%5, %6, %7, %7}], %8", (float x, float y, float z, float level), (x, y, z, level),
            "f"(x), "f"(y), "f"(z), "f"(level))
SHEER_FETCH(tex1DLayeredLod, "tex.level.a1d", ".f32", "{%5, %6}], %7", (float x, int layer, float level), (x, layer, level),
            "r"(layer), "f"(x), "f"(level))
SHEER_FETCH(tex2DLayeredLod, "tex.level.a2d", ".f32", "{%5, %6, %7, %7}], %8", (float x, float y, int layer, float level),
            (x, y, layer, level), "r"(layer), "f"(x), "f"(y), "f"(level))
SHEER_FETCH(texCubemapLod, "tex.level.cube", ".f32", "{%5, %6, %7, %7}], %8", (float x, float y, float z, float level),
            (x, y, z, level), "f"(x), "f"(y), "f"(z), "f"(level))
SHEER_FETCH(texCubemapLayeredLod, "tex.level.acube", ".f32", "{%5, %6, %7, %8}], %9",
            (float x, float y, float z, int layer, float level), (x, y, z, layer, level),
            "r"(layer), "f"(x), "f"(y), "f"(z), "f"(level))

SHEER_FETCH(tex1DGrad, "tex.grad.1d", ".f32", "{%5}], {%6}, {%7}", (float x, float dx, float dy), (x, dx, dy),
            "f"(x), "f"(dx), "f"(dy))
SHEER_FETCH(tex2DGrad, "tex.grad.2d", ".f32", "{%5, %6}], {%7, %8}, {%9, %10}", (float x, float y, float2 dx, float2 dy),
            (x, y, dx, dy), "f"(x), "f"(y), "f"(dx.x), "f"(dx.y), "f"(dy.x), "f"(dy.y))
SHEER_FETCH(tex3DGrad, "tex.grad.3d", ".f32", "{%5, %6, %7, %7}], {%8, %9, %10, %10}, {%11, %12, %13, %13}",
            (float x, float y, float z, float4 dx, float4 dy), (x, y, z, dx, dy),
            "f"(x), "f"(y), "f"(z), "f"(dx.x), "f"(dx.y), "f"(dx.z), "f"(dy.x), "f"(dy.y), "f"(dy.z))
SHEER_FETCH(tex1DLayeredGrad, "tex.grad.a1d", ".f32", "{%5, %6}], {%7}, {%8}", (float x, int layer, float dx, float dy),
            (x, layer, dx, dy), "r"(layer), "f"(x), "f"(dx), "f"(dy))
SHEER_FETCH(tex2DLayeredGrad, "tex.grad.a2d", ".f32", "{%5, %6, %7, %7}], {%8, %9}, {%10, %11}",
            (float x, float y, int layer, float2 dx, float2 dy), (x, y, layer, dx, dy),
            "r"(layer), "f"(x), "f"(y), "f"(dx.x), "f"(dx.y), "f"(dy.x), "f"(dy.y))
SHEER_FETCH(texCubemapGrad, "tex.grad.cube", ".f32", "{%5, %6, %7, %7}], {%8, %9, %10, %10}, {%11, %12, %13, %13}",
            (float x, float y, float z, float4 dx, float4 dy), (x, y, z, dx, dy),
            "f"(x), "f"(y), "f"(z), "f"(dx.x), "f"(dx.y), "f"(dx.z), "f"(dy.x), "f"(dy.y), "f"(dy.z))
SHEER_FETCH(texCubemapLayeredGrad, "tex.grad.acube", ".f32", "{%5, %6, %7, %8}], {%9, %10, %11, %11}, {%12, %13, %14, %14}",
            (float x, float y, float z, int layer, float4 dx, float4 dy), (x, y, z, layer, dx, dy),
            "r"(layer), "f"(x), "f"(y), "f"(z), "f"(dx.x), "f"(dx.y), "f"(dx.z), "f"(dy.x), "f"(dy.y), "f"(dy.z))

/* One component of the four texels around a point, counterclockwise from the one below left in PTX's order. */
SHEER_FETCH(sheer_gather_0, "tld4.r.2d", ".f32", "{%5, %6}]", (float x, float y), (x, y), "f"(x), "f"(y))
SHEER_FETCH(sheer_gather_1, "tld4.g.2d", ".f32", "{%5, %6}]", (float x, float y), (x, y), "f"(x), "f"(y))
SHEER_FETCH(sheer_gather_2, "tld4.b.2d", ".f32", "{%5, %6}]", (float x, float y), (x, y), "f"(x), "f"(y))
SHEER_FETCH(sheer_gather_3, "tld4.a.2d", ".f32", "{%5, %6}]", (float x, float y), (x, y), "f"(x), "f"(y))
template <class T>
SHEER_DEVICE T tex2Dgather(cudaTextureObject_t object, float x, float y, int component = 0) {
  return component == 1   ? sheer_gather_1<T>(object, x, y)
         : component == 2 ? sheer_gather_2<T>(object, x, y)
         : component == 3 ? sheer_gather_3<T>(object, x, y)
                          : sheer_gather_0<T>(object, x, y);
}
template <class T>
SHEER_DEVICE void tex2Dgather(T* texels, cudaTextureObject_t object, float x, float y, int component = 0) {
  *texels = tex2Dgather<T>(object, x, y, component);
}

#undef SHEER_FETCH
#undef SHEER_FETCH_WORDS
#undef SHEER_ALL

#endif
#endif
