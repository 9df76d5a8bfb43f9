// Loads a relocatable ELF object, one kernel, into executable memory: lays its sections out, resolves names
// against the machine's services and the C library, applies relocations, then drops the right to write.
#include <dlfcn.h>
#include <elf.h>
#include <sys/mman.h>

#include "internal.h"

namespace sheer {

#define SERVICE(name) {#name, reinterpret_cast<void*>(&name)}
static const struct {
  const char* name;
  void* address;
} services[] = {
    SERVICE(sheer_rt_barrier),     SERVICE(sheer_rt_exited),      SERVICE(sheer_rt_grid_barrier),
    SERVICE(sheer_rt_yield),       SERVICE(sheer_rt_turn),        SERVICE(sheer_rt_nanosleep),
    SERVICE(sheer_rt_lanes),       SERVICE(sheer_rt_activemask),  SERVICE(sheer_rt_trap),
    SERVICE(sheer_rt_assertfail),  SERVICE(sheer_rt_vprintf),     SERVICE(sheer_rt_malloc),
    SERVICE(sheer_rt_free),        SERVICE(sheer_rt_clock64),     SERVICE(sheer_rt_globaltimer),
    SERVICE(sheer_rt_count),       SERVICE(sheer_rt_count_row),
    SERVICE(sheer_rt_check),       SERVICE(sheer_rt_private),     SERVICE(sheer_rt_private_end),
    SERVICE(sheer_rt_launch),      SERVICE(sheer_rt_texture),     SERVICE(sheer_rt_surface),
    SERVICE(sheer_rt_image),       SERVICE(sheer_rt_misaligned),  SERVICE(sheer_rt_scratch),
};

void* runtime_symbol(const char* name) {
  for (auto& s : services)
    if (!strcmp(s.name, name)) return s.address;
  if (void* found = half_symbol(name)) return found;
  // libmvec: vector math, if there; libgcc_s: what compilers call for 128-bit arithmetic.
  static const char* const libraries[] = {"libm.so.6", "libc.so.6", "libmvec.so.1", "libgcc_s.so.1"};
  static void* handles[4];
  for (int i = 0; i < 4; i++) {
    if (!handles[i]) handles[i] = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (void* found = handles[i] ? dlsym(handles[i], name) : nullptr) return found;
  }
  return nullptr;
}

struct Loading {
  const uint8_t* file;
  uint64_t bytes;
  const Elf64_Ehdr* head;
  const Elf64_Shdr* sections;
  const Elf64_Sym* symbols = nullptr;
  uint32_t symbol_count = 0;
  const char* names = nullptr;
  Vec<uint64_t> placed;  // section -> offset in the mapping
  uint8_t* base = nullptr;
  uint64_t stubs_at = 0, stubs_end = 0, got_at = 0, got_end = 0;
  Vec<uint64_t> stub_of, got_of;  // by symbol: offset, 0 = none yet
  String* why_not;
};

static bool refuse(Loading& l, const char* what) {
  l.why_not->format("%s", what);
  return false;
}

static bool open_object(Loading& l) {
  l.head = reinterpret_cast<const Elf64_Ehdr*>(l.file);
  if (l.bytes < sizeof(Elf64_Ehdr) || memcmp(l.head->e_ident, ELFMAG, 4) ||
      l.head->e_ident[EI_CLASS] != ELFCLASS64 || l.head->e_type != ET_REL) {
    return refuse(l, "not a relocatable 64-bit ELF object");
  }
  if (l.head->e_machine != elf_machine()) return refuse(l, "an object for another processor");
  uint64_t table_end = l.head->e_shoff + uint64_t(l.head->e_shnum) * sizeof(Elf64_Shdr);
  if (table_end > l.bytes) return refuse(l, "cut short");
  l.sections = reinterpret_cast<const Elf64_Shdr*>(l.file + l.head->e_shoff);
  for (uint32_t i = 0; i < l.head->e_shnum; i++) {
    const Elf64_Shdr& s = l.sections[i];
    if (s.sh_type != SHT_NOBITS && s.sh_offset + s.sh_size > l.bytes) return refuse(l, "cut short");
    if (s.sh_type != SHT_SYMTAB) continue;
    l.symbols = reinterpret_cast<const Elf64_Sym*>(l.file + s.sh_offset);
    l.symbol_count = uint32_t(s.sh_size / sizeof(Elf64_Sym));
    l.names = reinterpret_cast<const char*>(l.file + l.sections[s.sh_link].sh_offset);
  }
  return l.symbols ? true : refuse(l, "no symbols");
}

static bool wanted(const Loading& l, uint32_t i) {
  const Elf64_Shdr& s = l.sections[i];
  const char* name =
      reinterpret_cast<const char*>(l.file + l.sections[l.head->e_shstrndx].sh_offset) + s.sh_name;
  return (s.sh_flags & SHF_ALLOC) && s.sh_size && strcmp(name, ".eh_frame");
}

// 0: code, 1: read only, 2: written by the kernel's own statics (none are expected)
static int part_of(const Elf64_Shdr& s) {
  return s.sh_flags & SHF_EXECINSTR ? 0 : s.sh_flags & SHF_WRITE ? 2 : 1;
}

// Lays out [code, stubs | read-only, GOT | data], each part on pages of its own. Returns the size; ends[p] =
// where part p ends.
static uint64_t lay_out(Loading& l, uint64_t ends[3]) {
  uint64_t at = 0;
  l.placed.resize(l.head->e_shnum);
  for (uint64_t& p : l.placed) p = ~0ull;
  for (int part = 0; part < 3; part++) {
    for (uint32_t i = 0; i < l.head->e_shnum; i++) {
      const Elf64_Shdr& s = l.sections[i];
      if (!wanted(l, i) || part_of(s) != part) continue;
      at = round_up(at, max<uint64_t>(s.sh_addralign, 1));
      l.placed[i] = at;
      at += s.sh_size;
    }
    if (part == 0) {
      l.stubs_at = l.stubs_end = round_up(at, 16);
      at = l.stubs_at + uint64_t(l.symbol_count) * stub_bytes;
    } else if (part == 1) {
      l.got_at = l.got_end = round_up(at, 16);
      at = l.got_at + uint64_t(l.symbol_count) * 8;
    }
    at = round_up(at, 4096);
    ends[part] = at;
  }
  return at;
}

static bool resolve(Loading& l, uint32_t index, uint64_t* value) {
  const Elf64_Sym& s = l.symbols[index];
  if (s.st_shndx == SHN_ABS) {
    *value = s.st_value;
    return true;
  }
  if (s.st_shndx != SHN_UNDEF) {
    if (s.st_shndx >= l.head->e_shnum || l.placed[s.st_shndx] == ~0ull)
      return refuse(l, "a symbol in a section that is not loaded");
    *value = uint64_t(l.base) + l.placed[s.st_shndx] + s.st_value;
    return true;
  }
  const char* name = l.names + s.st_name;
  void* found = !strcmp(name, "_GLOBAL_OFFSET_TABLE_") ? l.base + l.got_at : runtime_symbol(name);
  *value = uint64_t(found);
  if (found || ELF64_ST_BIND(s.st_info) == STB_WEAK || !index) return true;
  l.why_not->format("it needs %s, which neither the machine nor the C library has", name);
  return false;
}

static uint8_t* stub_for(void* self, uint32_t symbol, uint64_t target) {
  Loading& l = *static_cast<Loading*>(self);
  if (!l.stub_of[symbol]) {
    l.stub_of[symbol] = l.stubs_end;
    write_stub(l.base + l.stubs_end, target);
    l.stubs_end += stub_bytes;
  }
  return l.base + l.stub_of[symbol];
}

static uint8_t* got_for(void* self, uint32_t symbol, uint64_t target) {
  Loading& l = *static_cast<Loading*>(self);
  if (!l.got_of[symbol]) {
    l.got_of[symbol] = l.got_end;
    memcpy(l.base + l.got_end, &target, 8);
    l.got_end += 8;
  }
  return l.base + l.got_of[symbol];
}

static bool apply(Loading& l) {
  l.stub_of.resize(l.symbol_count);
  l.got_of.resize(l.symbol_count);
  RelocHelp help{&l, stub_for, got_for};
  for (uint32_t i = 0; i < l.head->e_shnum; i++) {
    const Elf64_Shdr& s = l.sections[i];
    if (s.sh_type != SHT_RELA || s.sh_info >= l.head->e_shnum || l.placed[s.sh_info] == ~0ull) continue;
    const Elf64_Rela* all = reinterpret_cast<const Elf64_Rela*>(l.file + s.sh_offset);
    for (uint64_t k = 0; k < s.sh_size / sizeof(Elf64_Rela); k++) {
      uint32_t symbol = uint32_t(ELF64_R_SYM(all[k].r_info));
      uint64_t value;
      if (symbol >= l.symbol_count || all[k].r_offset >= l.sections[s.sh_info].sh_size)
        return refuse(l, "a damaged relocation");
      if (!resolve(l, symbol, &value)) return false;
      uint8_t* place = l.base + l.placed[s.sh_info] + all[k].r_offset;
      if (!relocate(uint32_t(ELF64_R_TYPE(all[k].r_info)), place, value, all[k].r_addend, symbol, help,
                    l.why_not))
        return false;
    }
  }
  return true;
}

static bool find_entries(Loading& l, Code* code) {
  for (uint32_t i = 1; i < l.symbol_count; i++) {
    const Elf64_Sym& s = l.symbols[i];
    if (s.st_shndx == SHN_UNDEF || s.st_shndx >= l.head->e_shnum || l.placed[s.st_shndx] == ~0ull) continue;
    const char* name = l.names + s.st_name;
    uint8_t* at = l.base + l.placed[s.st_shndx] + s.st_value;
    if (!strcmp(name, "sheer_info"))
      code->info = reinterpret_cast<const SheerKernelInfo*>(at);
    else if (!strcmp(name, "sheer_warp"))
      code->warp = reinterpret_cast<void (*)(SheerFrame*, uint32_t, uint64_t)>(at);
    else if (!strcmp(name, "sheer_counting"))
      code->counting = reinterpret_cast<const SheerCounting*>(at);
    else if (!strcmp(name, "sheer_aligned"))
      code->aligned = reinterpret_cast<const SheerAligned*>(at);
    else if (!strcmp(name, "sheer_blocks"))
      code->blocks = reinterpret_cast<void (*)(SheerFrame*, uint64_t, uint64_t)>(at);
  }
  if (!code->info) return refuse(l, "it lacks sheer_info");
  if (code->info->abi != SHEER_ABI_VERSION)
    return refuse(l, "the sheer package has another version than the program: build the program again");
  if (needs_fibers(code) && !code->warp) return refuse(l, "it lacks sheer_warp");
  if (!needs_fibers(code) && !code->blocks) return refuse(l, "it lacks sheer_blocks");
  return code->info->lanes ? true : refuse(l, "groups of no lanes");
}

Code* code_load(Vec<uint8_t> object, String* why_not) {
  Loading l{};
  l.file = object.data;
  l.bytes = object.count;
  l.why_not = why_not;
  *why_not = "";
  if (!open_object(l)) return nullptr;
  uint64_t ends[3];
  uint64_t total = lay_out(l, ends);
  void* at = MAP_FAILED;
#if defined(MAP_32BIT)  // where 32-bit absolute relocations reach, if there is room
  at = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#endif
  if (at == MAP_FAILED) at = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    refuse(l, "no memory for it");
    return nullptr;
  }
  l.base = static_cast<uint8_t*>(at);
  Code* code = make<Code>();
  for (uint32_t i = 0; i < l.head->e_shnum; i++) {
    const Elf64_Shdr& s = l.sections[i];
    if (l.placed[i] == ~0ull) continue;
    if (s.sh_type != SHT_NOBITS) memcpy(l.base + l.placed[i], l.file + s.sh_offset, s.sh_size);
    const char* name =
        reinterpret_cast<const char*>(l.file + l.sections[l.head->e_shstrndx].sh_offset) + s.sh_name;
    if (part_of(s) == 0 && (!code->text || !strcmp(name, ".text"))) {
      code->text = l.base + l.placed[i];
      code->text_bytes = s.sh_size;
    }
  }
  bool ok = apply(l) && find_entries(l, code);
  ok = ok && !mprotect(l.base, ends[0], PROT_READ | PROT_EXEC);
  if (ok && ends[1] > ends[0]) ok = !mprotect(l.base + ends[0], ends[1] - ends[0], PROT_READ);
  if (!ok) {
    if (why_not->empty()) refuse(l, "the system forbids executable memory");
    munmap(at, total);
    drop(code);
    return nullptr;
  }
  __builtin___clear_cache(reinterpret_cast<char*>(l.base), reinterpret_cast<char*>(l.base + ends[0]));
  code->base = l.base;
  code->mapped = total;
  code->object = sheer::move(object);
  return code;
}

void code_unload(Code* code) {
  munmap(code->base, code->mapped);
  drop(code);
}

bool code_holds(const Code* code, const void* pc) {
  return uint64_t(pc) - uint64_t(code->text) < code->text_bytes;
}
}  // namespace sheer
