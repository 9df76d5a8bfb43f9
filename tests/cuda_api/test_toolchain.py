"""`sheer nvcc` as Makefiles, CMake and hands use it; what is missing is named with what to do instead."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_programs import HERE, NVCC, ROOT

PROJECT = HERE / "project"
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}
SMALL = """#include <cstdio>
#ifndef FACTOR
#define FACTOR 2
#endif
__global__ void k(int* p) { *p = FACTOR * 3; }
int main() { int *p, h = 0; cudaMalloc(&p, 4); k<<<1, 1>>>(p); cudaMemcpy(&h, p, 4, cudaMemcpyDefault); printf("%d", h); }
"""
ACCEPTED = (
    "-O3 -g -lineinfo -std=c++17 -arch=sm_75 -Xcompiler -Wall,-O2 -Xcompiler=-fPIC -Xptxas -v,-O3 -Xlinker=--no-as-needed "
    "-lm -L. -DA=1 -D B=2 -UC -I. -I /tmp -isystem /tmp -ccbin g++ -use_fast_math -fmad=false -maxrregcount 32 -m64 -w "
    "--extended-lambda --expt-relaxed-constexpr --default-stream legacy -cudart shared -t 4 --threads 0 -Wno-deprecated-gpu-targets "
    "-Werror reorder -Xcudafe --diag_suppress=177 -diag-suppress 177 -ftz=true -prec-div=false -prec-sqrt=false -pthread -include cstring "
    "-Xnvlink --verbose --source-in-ptx -opt-info inline -ftemplate-depth 500 -t4 -Xfatbin=-compress-all --jump-table-density 50"
)  # fmt: skip


def nvcc(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NVCC, *words], cwd=folder, capture_output=True, text=True, env=ENVIRON, timeout=200
    )


def tool_home() -> str:
    done = subprocess.run([sys.executable, "-m", "sheer", "cuda-home"], capture_output=True, text=True, env=ENVIRON, timeout=100)
    return done.stdout.strip()


def build_tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"no {name} here")
    return found


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "a.cu").write_text(SMALL)
    return tmp_path


def builds_and_runs(text: str, folder: Path) -> None:
    """A program without arguments, which checks itself."""
    (folder / "t.cu").write_text(text)
    done = nvcc("t.cu", "-o", "t", folder=folder)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([str(folder / "t")], env=ENVIRON, timeout=100, check=False).returncode == 0


def test_a_compilation_with_dlink_among_its_flags_is_one(small: Path) -> None:
    for words in (("-rdc=true", "-dlink", "-c", "a.cu", "-o", "a.o"), ("-rdc=true", "a.o", "-o", "a")):
        done = nvcc(*words, folder=small)
        assert done.returncode == 0, done.stderr
    assert subprocess.run([small / "a"], capture_output=True, text=True, timeout=100).stdout == "6"


@pytest.mark.parametrize(
    "words",
    [
        ACCEPTED,
        "-gencode arch=compute_70,code=sm_70 -gencode=arch=compute_80,code=[sm_80,compute_80] -G --ptxas-options=-v",
        "-arch=native -rdc=true --compiler-options -O2 -Xcompiler ,\"-g\" -std c++20",
        "-arch=all -std=c++11 -default-stream=per-thread --maxrregcount=64 --use_fast_math -Xarchive x",
    ],
)  # fmt: skip
def test_options(small: Path, words: str) -> None:
    done = nvcc("a.cu", "-o", "a", "-DFACTOR=5", *words.split(), folder=small)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert subprocess.run([small / "a"], capture_output=True, text=True, timeout=60).stdout == "15"


def test_unknown_option_is_noted(small: Path) -> None:
    done = nvcc("a.cu", "--frobnicate=3", "-res-usage", "-o", "a", folder=small)
    assert done.returncode == 0
    assert done.stderr.count("--frobnicate=3") == 1 and "-res-usage" in done.stderr


@pytest.mark.parametrize(
    ("words", "file"),
    [("-c", "a.o"), ("-dc", "a.o"), ("-ptx", "a.ptx"), ("-cubin", "a.cubin"), ("-fatbin", "a.fatbin"), ("-shared -Xcompiler -fPIC -o a.so", "a.so"),
     ("-lib -o a.a", "a.a"), ("-c -MD", "a.d"), ("-M -o a.dep", "a.dep"), ("-E -o a.ii", "a.ii"), ("-ptx -odir sub", "sub/a.ptx")],
)  # fmt: skip
def test_phases(small: Path, words: str, file: str) -> None:
    (small / "sub").mkdir()
    done = nvcc("a.cu", *words.split(), folder=small)
    assert done.returncode == 0, done.stderr
    assert (small / file).stat().st_size


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("none.cu", "none.cu: no such file"),
        ("", "no input files"),
        ("a.cu -o", "-o needs a value"),
        ("a.cu -arch=banana", "'banana' is no architecture"),
        ("a.cu -m32", "64-bit"),
        ("a.cu -rdc=maybe", "neither true nor false"),
        ("-cuda a.cu", "use -c"),
    ],
)
def test_refused(small: Path, words: str, said: str) -> None:
    done = nvcc(*words.split(), folder=small)
    assert done.returncode == 1 and said in done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("texture<float, 2> t", "references went with CUDA 12"),
        ("k<<<1, 1>>>(0)", "need -rdc=true"),
        ("cudaDeviceSynchronize()", "kernels cannot call the CUDA API"),
        ("__shfl_don_sync(1, 1, 1)", "there is __shfl_down_sync"),
    ],
)
def test_missing_function_is_named(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "m.cu").write_text(f"__global__ void k(int*);\n__global__ void m() {{\n  {code};\n}}\n")
    done = nvcc("-c", "m.cu", folder=tmp_path)
    assert done.returncode == 1 and "m.cu:3:" in done.stderr
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize(("header", "said"), [("cublas_v2.h", "cuBLAS"), ("cuda_fp15.h", "there is cuda_fp16.h")])
def test_missing_header_is_named(tmp_path: Path, header: str, said: str) -> None:
    (tmp_path / "h.cu").write_text(f"\n#include <{header}>\n")
    done = nvcc("-c", "h.cu", folder=tmp_path)
    assert done.returncode == 1 and "h.cu:2:10" in done.stderr and said in done.stderr


TEMPLATE_LEFT_OUT = """template <class T> struct S {
  template <int n> static __device__ T sum(const T* a) { return n ? a[0] + sum<n ? n - 1 : 0>(a + 1) : 0; }
  template <int n> __device__ T twice(const T* a) { return 2 * sum<n>(a); }
  template <int n> __device__ T operator()(const T* a) const { return n * *a; }
};
template <class T, int n> __device__ T both(const T* a) { S<T> s; return S<T>::sum<n>(a) + s.twice<n>(a) + s.operator()<n>(a); }
__global__ void k(const float* a, float* b) { *b = both<float, 3>(a); }
int main() {
  float *a, *b;
  cudaMallocManaged(&a, 12);
  cudaMallocManaged(&b, 4);
  for (int i = 0; i < 3; i++) a[i] = i + 1;
  k<<<1, 1>>>(a, b);
  return cudaDeviceSynchronize() != cudaSuccess || *b != 21;
}
"""


def test_template_left_out_in_device_code(tmp_path: Path) -> None:
    """T::name<n>(x) without `template`, which nvcc takes; the text stays as it was."""
    (tmp_path / "t.cu").write_text(TEMPLATE_LEFT_OUT)
    done = nvcc("t.cu", "-o", "t", folder=tmp_path)
    assert done.returncode == 0 and "t.cu:6: note: taken with `template`" in done.stderr, done.stderr
    assert subprocess.run([str(tmp_path / "t")], env=ENVIRON, timeout=100, check=False).returncode == 0
    assert (tmp_path / "t.cu").read_text() == TEMPLATE_LEFT_OUT
    (tmp_path / "t.cu").write_text(TEMPLATE_LEFT_OUT + "int wrong = nothing;\n")
    done = nvcc("t.cu", "-o", "t", folder=tmp_path)
    assert done.returncode and "t.cu:16:13: error" in done.stderr, done.stderr


STATIC_OF_AN_OBJECT = """template <int n> struct Base { static constexpr int width = n; static constexpr bool wide() { return n > 4; } };
template <class T> struct S : Base<sizeof(T)> {
  T value;
  __host__ __device__ int width_now() const {
    if constexpr (this->width > 2 && this->wide()) return 2;
    else return value.nothing;
  }
};
struct Plain {
  static constexpr int size = 3;
  __device__ int sum() { return Base<this ->size>::width + Base<size>::width; }
};
__global__ void k(int* a) { *a = S<double>{}.width_now() + Plain{}.sum(); }
int main() {
  int* a;
  cudaMallocManaged(&a, 4);
  k<<<1, 1>>>(a);
  return cudaDeviceSynchronize() != cudaSuccess || *a != 8 || S<double>{}.width_now() != 2;
}
"""


def test_static_member_of_an_object(tmp_path: Path) -> None:
    """`if constexpr (this->width)` of a static member, which nvcc takes."""
    builds_and_runs(STATIC_OF_AN_OBJECT, tmp_path)


PRAGMA_IN_A_MACRO = """#ifdef __CUDA_ARCH__
  #define UNROLL #pragma unroll
  #define FOUR #pragma unroll 4
#else
#define UNROLL
#define FOUR
#endif
__host__ __device__ int sum(int n) {
  int all = 0;
  UNROLL
  for (int i = 0; i < 5; i++) all += i;
  FOUR
  for (int i = 0; i < n; i++) all += i;
  return all;
}
__global__ void k(int* p) { *p = sum(10); }
int main() {
  int* p;
  cudaMallocManaged(&p, 4);
  k<<<1, 1>>>(p);
  return cudaDeviceSynchronize() != cudaSuccess || *p != 55 || sum(10) != 55;
}
"""


def test_pragma_in_a_macro(tmp_path: Path) -> None:
    """A macro that stands for #pragma unroll, which nvcc takes."""
    builds_and_runs(PRAGMA_IN_A_MACRO, tmp_path)


SHAPES_IN_BRACES = """__global__ void k(int* p) { atomicAdd(p, blockDim.y * gridDim.x); }
int main() {
  int *p, wide = 2;
  cudaMallocManaged(&p, 4);
  k<<<{wide, 1}, {1, 3, 1}>>>(p);
  k<<<1,
      { 4u, 2u }, 0, 0>>>(p);
  k<<<dim3{2}, 1>>>(p);
  return cudaDeviceSynchronize() != cudaSuccess || *p != 36 + 16 + 4;
}
"""


def test_shapes_in_braces(tmp_path: Path) -> None:
    """kernel<<<grid, {x, y}>>>(p), which nvcc takes."""
    builds_and_runs(SHAPES_IN_BRACES, tmp_path)


BRACKETS_APART = """#include <vector>
template <int n> __global__ void add(int* a, int b) { *a += n * b; }
int main() {
  int* a;
  cudaMallocManaged(&a, 4);
  std::vector<std::vector<int> > grids(1, std::vector<int>(1, 1));
  add<3> << < grids[0][0], 1 >> > (a, 2); add<1> << <1, dim3(1)> > >
    (a, 1 << 2 >> 1);
  return cudaDeviceSynchronize() != cudaSuccess || *a != 8;
}
"""


def test_brackets_of_a_launch_apart(tmp_path: Path) -> None:
    """kernel << <1, 1 >> >(x), as formatters write it, and nvcc takes it."""
    builds_and_runs(BRACKETS_APART, tmp_path)
    assert nvcc("-ptx", "t.cu", folder=tmp_path).returncode == 0
    (tmp_path / "t.cu").write_text(BRACKETS_APART + "int wrong = (1 < );\n")
    done = nvcc("t.cu", "-o", "t", folder=tmp_path)
    assert done.returncode and "t.cu:11:18: error: expected expression" in done.stderr, done.stderr


NAME_OF_A_BUILTIN = """static inline unsigned long __rdtsc() { return 3; }
static inline __host__ __device__ int _rotl(int a, int n) { return a + n; }
__global__ void add(int* a) { *a += _rotl(1, 2); }
int main() {
  int* a;
  cudaMallocManaged(&a, 4);
  add<<<1, 1>>>(a);
  return cudaDeviceSynchronize() != cudaSuccess || *a != 3 || __rdtsc() != 3;
}
"""


def test_a_name_that_only_clang_knows(tmp_path: Path) -> None:
    """Functions of the program that are called as builtins of clang, of which g++ does not know without a header."""
    builds_and_runs(NAME_OF_A_BUILTIN, tmp_path)


def test_commas_in_a_macro(tmp_path: Path) -> None:
    """CMake writes -DSIZES=1\\,4, since nvcc splits at commas."""
    (tmp_path / "t.cu").write_text("int sizes[] = {SIZES};\nstatic_assert(sizeof sizes == 8, \"two\");\nint main() {}\n")
    done = nvcc("-DSIZES=1\\,4", "-c", "t.cu", folder=tmp_path)
    assert done.returncode == 0, done.stderr


DEFAULT_OUTSIDE = """template <class T> struct Sum { int of(int a, T b); };
template <class T>
int Sum<T>::of(int a, T b = T(1 + 2)) { return a + b; }
int main() { return Sum<int>().of(1, 2) != 3; }
"""


def test_default_argument_outside_the_class(tmp_path: Path) -> None:
    """nvcc takes it; a call without the argument stays an error here."""
    builds_and_runs(DEFAULT_OUTSIDE, tmp_path)


def test_our_own_include_folder_named(tmp_path: Path) -> None:
    """-I$(CUDA_HOME)/include, as Makefiles have it: our headers stay system headers, whose warnings nobody sees."""
    (tmp_path / "t.cu").write_text("#include <cuda_fp16.h>\nint main() { return 0; }\n")
    done = nvcc("-c", f"-I{tool_home()}/include", "-Xcompiler", "-Wall,-Wextra", "t.cu", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


HEADERS_OF_A_HOST_FILE = """#include <cuda.h>
#include <cuda_runtime.h>
#include <cuda_fp16.h>
#include <curand_kernel.h>
#include <nvtx3/nvToolsExtCuda.h>
#include <nvtx3/nvToolsExtCudaRt.h>
#include <nvrtc.h>
#include <memory>
#if !defined(__cuda_cuda_h__) || !defined(__CUDA_RUNTIME_H__) || !defined(__DRIVER_TYPES_H__) || !defined(__VECTOR_TYPES_H__)
#error names by which helper headers know what was included
#endif
nvrtcResult compile(nvrtcProgram p, char **options) { return nvrtcCompileProgram(p, 1, options); }
void name(cudaStream_t s) { nvtxNameCudaStreamW(s, L"mine"), nvtxNameCuStreamW(s, L"mine"), nvtxNameCudaStream(s, "mine"); }
CUlaunchAttribute attributes[] = {{CU_LAUNCH_ATTRIBUTE_IGNORE, {}, {}}};
"""


@pytest.mark.parametrize("standard", ["c++11", "c++17"])
def test_headers_in_a_host_file(tmp_path: Path, standard: str) -> None:
    """The host's compiler takes them, whatever else is included; helper headers ask for them by the names of their guards."""
    (tmp_path / "h.cpp").write_text(HEADERS_OF_A_HOST_FILE)
    compiler = build_tool("g++")
    done = subprocess.run(
        [compiler, "-c", "-Wall", f"-std={standard}", "h.cpp", f"-I{tool_home()}/include"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    done = nvcc("-c", "-x", "cu", "h.cpp", "-o", "device.o", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_openmp_header_without_the_pragmas(tmp_path: Path) -> None:
    build_tool("g++")
    (tmp_path / "o.cu").write_text("#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n")
    done = nvcc("o.cu", "-o", "o", "-lgomp", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["./o"], cwd=tmp_path, timeout=60).returncode == 0


def test_shared_libraries_hold_kernels(tmp_path: Path) -> None:
    """Two libraries with kernels of the same names, loaded, unloaded and loaded again by a program in C."""
    for number in (1, 2):
        (tmp_path / f"l{number}.cu").write_text(
            f"__device__ int state = {number * 10};\n__global__ void k(int* p) {{ *p = atomicAdd(&state, 1); }}\n"
            'extern "C" int next() { int *p, h = -1; cudaMalloc(&p, 4); k<<<1, 1>>>(p); cudaMemcpy(&h, p, 4, cudaMemcpyDefault);'
            " cudaFree(p); return h; }\n"
        )
        assert nvcc("-shared", "-Xcompiler", "-fPIC", f"l{number}.cu", "-o", f"l{number}.so", folder=tmp_path).returncode == 0
    (tmp_path / "main.c").write_text(
        "#include <cuda_runtime_api.h>\n#include <dlfcn.h>\n#include <stdio.h>\n"
        "int main(void) {\n  struct cudaDeviceProp p;\n  if (cudaGetDeviceProperties(&p, 0)) return 1;\n"
        '  for (int i = 0; i < 4; i++) {\n    void* h = dlopen(i % 2 ? "./l2.so" : "./l1.so", RTLD_NOW);\n'
        '    int (*next)(void) = h ? (int (*)(void))dlsym(h, "next") : 0;\n    if (!next) return 2;\n'
        '    printf("%d ", next());\n    printf("%d ", next());\n    dlclose(h);\n  }\n  return 0;\n}\n'
    )
    home = tool_home()
    built = subprocess.run(
        ["cc", "main.c", f"-I{home}/include", f"-L{home}/lib64", "-lcudart", "-ldl", f"-Wl,-rpath,{home}/lib64", "-o", "main"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "10 11 20 21 10 11 20 21 ")


def test_makefile(tmp_path: Path) -> None:
    build_tool("g++")
    shutil.copytree(PROJECT, tmp_path / "p")
    done = subprocess.run(
        [build_tool("make"), "-s", f"CUDA_PATH={tool_home()}"], cwd=tmp_path / "p", capture_output=True, text=True, env=ENVIRON, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for program in ("by_nvcc", "by_host"):
        ran = subprocess.run([tmp_path / "p" / program], capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stdout) == (0, "101 132\n"), ran.stderr


def test_cmake(tmp_path: Path) -> None:
    cmake = build_tool("cmake")
    environ = {**ENVIRON, "CUDACXX": f"{tool_home()}/bin/nvcc"}
    for words in (["-S", str(PROJECT), "-B", "."], ["--build", "."]):
        done = subprocess.run([cmake, *words], cwd=tmp_path, capture_output=True, text=True, env=environ, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    ran = subprocess.run([tmp_path / "main"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "101 132\n"), ran.stderr
    assert list(tmp_path.rglob("kernels.ptx"))


UNITS = {
    "one": "__device__ int three();\n__global__ void k(int* p) { *p = three(); }\n"
    "int one() { int *p, h = 0; cudaMalloc(&p, 4); k<<<1, 1>>>(p); cudaMemcpy(&h, p, 4, cudaMemcpyDefault); return h; }\n",
    "two": "__device__ int three();\n__device__ int two() { return three() + 1; }\n",
    "three": "__device__ int three() { return 42; }\n",
    "main": '#include <stdio.h>\nint one();\nint main() { printf("%d", one()); }\n',
}


@pytest.fixture
def units(tmp_path: Path) -> Path:
    for name, text in UNITS.items():
        (tmp_path / f"{name}.cu").write_text(text)
    return tmp_path


def test_device_code_comes_out_of_archives(units: Path) -> None:
    """The host linker takes one.o for main; nobody but the device code of one.o asks for three.o."""
    assert nvcc("-lib", "-rdc=true", "one.cu", "two.cu", "three.cu", "-o", "libunits.a", folder=units).returncode == 0
    done = nvcc("-rdc=true", "main.cu", "-L.", "-lunits", "-o", "main", folder=units)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([units / "main"], capture_output=True, text=True, timeout=60).stdout == "42"


def test_undefined_device_functions_are_told_by_the_link(units: Path) -> None:
    done = nvcc("-rdc=true", "main.cu", "one.cu", "two.cu", "-o", "main", folder=units)
    assert done.returncode == 1 and "undefined in device code: _Z5threev (used in 1-one.o)" in done.stderr
    done = nvcc("-c", "one.cu", folder=units)
    assert done.returncode == 1 and "one.cu: device code calls _Z5threev" in done.stderr and "-rdc=true" in done.stderr
    done = nvcc("-c", "two.cu", folder=units)  # no kernel needs it
    assert done.returncode == 0, done.stderr


def test_undefined_device_variables_are_told_by_the_link(tmp_path: Path) -> None:
    (tmp_path / "a.cu").write_text("extern __device__ int there;\n__global__ void k(int* p) { *p = there; }\nint main() {}\n")
    done = nvcc("-rdc=true", "a.cu", "-o", "a", folder=tmp_path)
    assert done.returncode == 1 and "undefined in device code: there (used in 0-a.o)" in done.stderr


STATICS = """#include <cuda_runtime.h>
static __constant__ int FACTOR[2];
namespace { __device__ int added; __device__ int pointed; }
static __managed__ int shown;
__device__ int* there = &pointed;
__global__ void k(int* p) { *p = FACTOR[1] * 100 + added * 10 + *there + shown; }
int NAME() {
  int factor[2] = {0, 3}, one = ADDED, *p, h = 0;
  cudaMemcpyToSymbol(FACTOR, factor, sizeof factor);
  cudaMemcpyToSymbol(added, &one, sizeof one);
  cudaMemcpyToSymbol(pointed, &one, sizeof one);
  shown = 1000;
  cudaMalloc(&p, 4);
  k<<<1, 1>>>(p);
  cudaMemcpy(&h, p, 4, cudaMemcpyDefault);
  return h;
}
"""


def test_static_variables_of_relocatable_code(tmp_path: Path) -> None:
    """Kernels that come before the host code that names the variable, and two files that use the same names."""
    for name, added in (("one", "1"), ("two", "2")):
        own = STATICS.replace("k<<<", f"k{name}<<<").replace("void k(", f"void k{name}(").replace("int* there", f"int* there{name}")
        own = own.replace("*there", f"*there{name}").replace("NAME", name).replace("ADDED", added)
        (tmp_path / f"{name}.cu").write_text(own)
    (tmp_path / "main.cu").write_text("int one(); int two();\nint main() { return one() != 1311 || two() != 1322; }\n")
    done = nvcc("-rdc=true", "main.cu", "one.cu", "two.cu", "-o", "main", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "main"], env=ENVIRON, timeout=100, check=False).returncode == 0
