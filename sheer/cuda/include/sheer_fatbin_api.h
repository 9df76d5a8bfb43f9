/* Made by sheer/cuda/generate.py from the table in sheer/cuda/functions: change that, not this. */
#ifndef SHEER_FATBIN_API_H
#define SHEER_FATBIN_API_H

#ifdef __cplusplus
extern "C" {
#endif

/* Fatbins */
const char *nvFatbinGetErrorString(nvFatbinResult result);
nvFatbinResult nvFatbinVersion(unsigned int *major, unsigned int *minor);
nvFatbinResult nvFatbinCreate(nvFatbinHandle *handle_indirect, const char **options, size_t optionsCount);
nvFatbinResult nvFatbinDestroy(nvFatbinHandle *handle_indirect);
nvFatbinResult nvFatbinAddPTX(nvFatbinHandle handle, const char *code, size_t size, const char *arch, const
    char *identifier, const char *optionsCmdLine);
nvFatbinResult nvFatbinAddCubin(nvFatbinHandle handle, const void *code, size_t size, const char *arch,
    const char *identifier);
nvFatbinResult nvFatbinAddLTOIR(nvFatbinHandle handle, const void *code, size_t size, const char *arch,
    const char *identifier, const char *optionsCmdLine);
nvFatbinResult nvFatbinAddReloc(nvFatbinHandle handle, const void *code, size_t size);
nvFatbinResult nvFatbinAddIndex(nvFatbinHandle handle, const void *code, size_t size, const char
    *identifier);
nvFatbinResult nvFatbinSize(nvFatbinHandle handle, size_t *size);
nvFatbinResult nvFatbinGet(nvFatbinHandle handle, void *buffer);

#ifdef __cplusplus
}
#endif

#endif
