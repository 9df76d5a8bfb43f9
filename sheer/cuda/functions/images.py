"""Libraries that make images out of PTX: the PTX compiler, the linker nvJitLink, nvFatbin; one row a function.

Comes in: nothing. Goes out: `PTX_COMPILER`, `JIT_LINK` and `FATBIN`, rows `since | status | prototype`; `sheer.cuda.functions` reads them.
"""

PTX_COMPILER = """
== PTX compiler
11.1 | works | nvPTXCompileResult nvPTXCompilerGetVersion(unsigned int *major, unsigned int *minor)
11.1 | works | nvPTXCompileResult nvPTXCompilerCreate(nvPTXCompilerHandle *compiler, size_t ptxCodeLen, const char *ptxCode)
11.1 | works | nvPTXCompileResult nvPTXCompilerDestroy(nvPTXCompilerHandle *compiler)
11.1 | partial: checks the PTX (with -c its syntax); options change nothing | nvPTXCompileResult nvPTXCompilerCompile(nvPTXCompilerHandle compiler, int numCompileOptions, const char *const *compileOptions)
11.1 | partial: size of the PTX, as images of this device are PTX | nvPTXCompileResult nvPTXCompilerGetCompiledProgramSize(nvPTXCompilerHandle compiler, size_t *binaryImageSize)
11.1 | partial: gives the PTX, as images of this device are PTX | nvPTXCompileResult nvPTXCompilerGetCompiledProgram(nvPTXCompilerHandle compiler, void *binaryImage)
11.1 | works | nvPTXCompileResult nvPTXCompilerGetErrorLogSize(nvPTXCompilerHandle compiler, size_t *errorLogSize)
11.1 | works | nvPTXCompileResult nvPTXCompilerGetErrorLog(nvPTXCompilerHandle compiler, char *errorLog)
11.1 | works | nvPTXCompileResult nvPTXCompilerGetInfoLogSize(nvPTXCompilerHandle compiler, size_t *infoLogSize)
11.1 | works | nvPTXCompileResult nvPTXCompilerGetInfoLog(nvPTXCompilerHandle compiler, char *infoLog)
12.8 | no: compiling cannot be cancelled | nvPTXCompileResult nvPTXCompilerSetFlowCallback(nvPTXCompilerHandle compiler, void *callback, void *payload)
"""

JIT_LINK = """
== Linking
12.0 | works | nvJitLinkResult nvJitLinkVersion(unsigned int *major, unsigned int *minor)
12.0 | partial: options other than -arch change nothing | nvJitLinkResult nvJitLinkCreate(nvJitLinkHandle *handle, uint32_t numOptions, const char **options)
12.0 | works | nvJitLinkResult nvJitLinkDestroy(nvJitLinkHandle *handle)
12.0 | partial: PTX, cubins and fatbins | nvJitLinkResult nvJitLinkAddData(nvJitLinkHandle handle, nvJitLinkInputType inputType, const void *data, size_t size, const char *name)
12.0 | partial: PTX, cubins and fatbins | nvJitLinkResult nvJitLinkAddFile(nvJitLinkHandle handle, nvJitLinkInputType inputType, const char *fileName)
12.0 | works | nvJitLinkResult nvJitLinkComplete(nvJitLinkHandle handle)
12.0 | partial: size of an image of this device, which holds PTX | nvJitLinkResult nvJitLinkGetLinkedCubinSize(nvJitLinkHandle handle, size_t *size)
12.0 | partial: an image of this device, which holds PTX | nvJitLinkResult nvJitLinkGetLinkedCubin(nvJitLinkHandle handle, void *cubin)
12.0 | no: texts are linked when they are loaded | nvJitLinkResult nvJitLinkGetLinkedPtxSize(nvJitLinkHandle handle, size_t *size)
12.0 | no: texts are linked when they are loaded | nvJitLinkResult nvJitLinkGetLinkedPtx(nvJitLinkHandle handle, char *ptx)
12.0 | works | nvJitLinkResult nvJitLinkGetErrorLogSize(nvJitLinkHandle handle, size_t *size)
12.0 | works | nvJitLinkResult nvJitLinkGetErrorLog(nvJitLinkHandle handle, char *log)
12.0 | works | nvJitLinkResult nvJitLinkGetInfoLogSize(nvJitLinkHandle handle, size_t *size)
12.0 | works | nvJitLinkResult nvJitLinkGetInfoLog(nvJitLinkHandle handle, char *log)
"""

FATBIN = """
== Fatbins
12.4 | works | const char *nvFatbinGetErrorString(nvFatbinResult result)
12.4 | works | nvFatbinResult nvFatbinVersion(unsigned int *major, unsigned int *minor)
12.4 | partial: options change nothing | nvFatbinResult nvFatbinCreate(nvFatbinHandle *handle_indirect, const char **options, size_t optionsCount)
12.4 | works | nvFatbinResult nvFatbinDestroy(nvFatbinHandle *handle_indirect)
12.4 | works | nvFatbinResult nvFatbinAddPTX(nvFatbinHandle handle, const char *code, size_t size, const char *arch, const char *identifier, const char *optionsCmdLine)
12.4 | partial: cubins of this device | nvFatbinResult nvFatbinAddCubin(nvFatbinHandle handle, const void *code, size_t size, const char *arch, const char *identifier)
12.4 | no: only PTX is made | nvFatbinResult nvFatbinAddLTOIR(nvFatbinHandle handle, const void *code, size_t size, const char *arch, const char *identifier, const char *optionsCmdLine)
12.5 | no: add the PTX itself | nvFatbinResult nvFatbinAddReloc(nvFatbinHandle handle, const void *code, size_t size)
12.5 | no: only PTX is made | nvFatbinResult nvFatbinAddIndex(nvFatbinHandle handle, const void *code, size_t size, const char *identifier)
12.4 | partial: of the entry that fits this device best, which is all that the fatbin holds | nvFatbinResult nvFatbinSize(nvFatbinHandle handle, size_t *size)
12.4 | partial: holds the entry that fits this device best | nvFatbinResult nvFatbinGet(nvFatbinHandle handle, void *buffer)
"""
