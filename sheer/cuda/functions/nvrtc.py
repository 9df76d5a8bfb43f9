"""NVRTC: one row a function.

Comes in: nothing. Goes out: `TABLE`, rows `since | status | prototype`; `sheer.cuda.functions` reads it.
"""

TABLE = """
== Runtime compilation
7.0 | works | const char *nvrtcGetErrorString(nvrtcResult result)
7.0 | works | nvrtcResult nvrtcVersion(int *major, int *minor)
7.0 | works | nvrtcResult nvrtcGetNumSupportedArchs(int *numArchs)
7.0 | works | nvrtcResult nvrtcGetSupportedArchs(int *supportedArchs)
7.0 | works | nvrtcResult nvrtcCreateProgram(nvrtcProgram *prog, const char *src, const char *name, int numHeaders, const char *const *headers, const char *const *includeNames)
7.0 | works | nvrtcResult nvrtcDestroyProgram(nvrtcProgram *prog)
7.0 | works | nvrtcResult nvrtcCompileProgram(nvrtcProgram prog, int numOptions, const char *const *options)
7.0 | works | nvrtcResult nvrtcGetPTXSize(nvrtcProgram prog, size_t *ptxSizeRet)
7.0 | works | nvrtcResult nvrtcGetPTX(nvrtcProgram prog, char *ptx)
7.0 | partial: size of the PTX, as images of this device are PTX | nvrtcResult nvrtcGetCUBINSize(nvrtcProgram prog, size_t *cubinSizeRet)
7.0 | partial: gives the PTX, as images of this device are PTX | nvrtcResult nvrtcGetCUBIN(nvrtcProgram prog, char *cubin)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetLTOIRSize(nvrtcProgram prog, size_t *LTOIRSizeRet)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetLTOIR(nvrtcProgram prog, char *LTOIR)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetOptiXIRSize(nvrtcProgram prog, size_t *optixirSizeRet)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetOptiXIR(nvrtcProgram prog, char *optixir)
7.0 | works | nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram prog, size_t *logSizeRet)
7.0 | works | nvrtcResult nvrtcGetProgramLog(nvrtcProgram prog, char *log)
7.0 | works | nvrtcResult nvrtcAddNameExpression(nvrtcProgram prog, const char *name_expression)
7.0 | works | nvrtcResult nvrtcGetLoweredName(nvrtcProgram prog, const char *name_expression, const char **lowered_name)
12.8 | no: no precompiled headers | nvrtcResult nvrtcGetPCHHeapSize(size_t *ret)
12.8 | no: no precompiled headers | nvrtcResult nvrtcSetPCHHeapSize(size_t size)
12.8 | no: no precompiled headers | nvrtcResult nvrtcGetPCHCreateStatus(nvrtcProgram prog)
12.8 | no: no precompiled headers | nvrtcResult nvrtcGetPCHHeapSizeRequired(nvrtcProgram prog, size_t *size)
12.8 | no: compiling cannot be cancelled | nvrtcResult nvrtcSetFlowCallback(nvrtcProgram prog, void *callback, void *payload)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetTileIRSize(nvrtcProgram prog, size_t *TileIRSizeRet)
7.0 | no: only PTX is made | nvrtcResult nvrtcGetTileIR(nvrtcProgram prog, char *TileIR)
"""
