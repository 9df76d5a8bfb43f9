// Relocations of the processors we run on, as their ELF supplements define them. Far calls go through stubs,
// far addresses through a table slot near the code.
#include <elf.h>

#include "internal.h"

namespace sheer {

static bool fits32(int64_t v) { return v == int32_t(v); }
static void put32(uint8_t* at, int64_t v) {
  int32_t word = int32_t(v);
  memcpy(at, &word, 4);
}
static void put64(uint8_t* at, int64_t v) { memcpy(at, &v, 8); }

static bool too_far(uint32_t type, String* why_not) {
  why_not->format("relocation %u does not reach its target", type);
  return false;
}

#if defined(__x86_64__)
uint16_t elf_machine() { return EM_X86_64; }
const uint32_t stub_bytes = 16;

void write_stub(uint8_t* at, uint64_t target) {  // jmp *0(%rip); the address follows
  static const uint8_t jump[6] = {0xff, 0x25, 0, 0, 0, 0};
  memcpy(at, jump, 6);
  memcpy(at + 6, &target, 8);
}

bool relocate(uint32_t type, uint8_t* place, uint64_t target, int64_t addend, uint32_t symbol,
              const RelocHelp& help, String* why_not) {
  int64_t value = int64_t(target) + addend, here = int64_t(place);
  switch (type) {
    case R_X86_64_NONE: return true;
    case R_X86_64_64: put64(place, value); return true;
    case R_X86_64_PC64: put64(place, value - here); return true;
    case R_X86_64_PC32:
      if (!fits32(value - here)) return too_far(type, why_not);
      put32(place, value - here);
      return true;
    case R_X86_64_PLT32:
      if (!fits32(value - here)) value = int64_t(help.stub(help.self, symbol, target)) + addend;
      put32(place, value - here);
      return true;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      put32(place, int64_t(help.got(help.self, symbol, target)) + addend - here);
      return true;
    case R_X86_64_32:
      if (uint64_t(value) >> 32) return too_far(type, why_not);
      put32(place, value);
      return true;
    case R_X86_64_32S:
      if (!fits32(value)) return too_far(type, why_not);
      put32(place, value);
      return true;
  }
  why_not->format("relocation type %u is not known to the loader", type);
  return false;
}
#elif defined(__aarch64__)
uint16_t elf_machine() { return EM_AARCH64; }
const uint32_t stub_bytes = 16;

void write_stub(uint8_t* at, uint64_t target) {  // ldr x16, .+8; br x16; the address follows
  static const uint32_t jump[2] = {0x58000050, 0xd61f0200};
  memcpy(at, jump, 8);
  memcpy(at + 8, &target, 8);
}

static void set_bits(uint8_t* at, uint32_t keep, uint32_t bits) {
  uint32_t word;
  memcpy(&word, at, 4);
  word = (word & keep) | bits;
  memcpy(at, &word, 4);
}

static void put_page(uint8_t* place, int64_t target) {  // ADRP
  uint64_t pages = uint64_t((target >> 12) - (int64_t(place) >> 12));
  set_bits(place, 0x9f00001f, uint32_t((pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5));
}

static void put_low12(uint8_t* place, int64_t target, int shift) {
  set_bits(place, 0xffc003ff, uint32_t((target & 0xfff) >> shift << 10));
}

bool relocate(uint32_t type, uint8_t* place, uint64_t target, int64_t addend, uint32_t symbol,
              const RelocHelp& help, String* why_not) {
  int64_t value = int64_t(target) + addend, here = int64_t(place);
  switch (type) {
    case R_AARCH64_NONE: return true;
    case R_AARCH64_ABS64: put64(place, value); return true;
    case R_AARCH64_PREL64: put64(place, value - here); return true;
    case R_AARCH64_PREL32:
      if (!fits32(value - here)) return too_far(type, why_not);
      put32(place, value - here);
      return true;
    case R_AARCH64_CALL26:
    case R_AARCH64_JUMP26:
      if (value - here >= 1 << 27 || value - here < -(1 << 27))
        value = int64_t(help.stub(help.self, symbol, target));
      set_bits(place, 0xfc000000, uint32_t((value - here) >> 2) & 0x3ffffff);
      return true;
    case R_AARCH64_ADR_PREL_PG_HI21: put_page(place, value); return true;
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC: put_low12(place, value, 0); return true;
    case R_AARCH64_LDST16_ABS_LO12_NC: put_low12(place, value, 1); return true;
    case R_AARCH64_LDST32_ABS_LO12_NC: put_low12(place, value, 2); return true;
    case R_AARCH64_LDST64_ABS_LO12_NC: put_low12(place, value, 3); return true;
    case R_AARCH64_LDST128_ABS_LO12_NC: put_low12(place, value, 4); return true;
    case R_AARCH64_ADR_GOT_PAGE: put_page(place, int64_t(help.got(help.self, symbol, target))); return true;
    case R_AARCH64_LD64_GOT_LO12_NC:
      put_low12(place, int64_t(help.got(help.self, symbol, target)), 3);
      return true;
  }
  why_not->format("relocation type %u is not known to the loader", type);
  return false;
}
#endif
}  // namespace sheer
