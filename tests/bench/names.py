"""One name for one function, whoever printed it.

Two recorders that took the same samples may still print different names: of several symbols with
the same address each picks another (memcpy and memmove), one shows the parameters of a C++
function, and code without a symbol is one row an address in perf, one row a function in pmc. So
both are put into the same words here, from the files themselves:

    name                  ─► the first, by alphabet, of all symbols at its address
    address without name  ─► "[module fn 0xstart]", the function it lies in by .eh_frame_hdr

This is written apart from pmc's own reading of ELF, to be a second opinion."""
import bisect
import collections
import pathlib
import re
import struct

PT_LOAD, PT_NOTE, PT_GNU_EH_FRAME = 1, 4, 0x6474E550
NT_GNU_BUILD_ID = 3
SHT_SYMTAB, SHT_DYNSYM = 2, 11
STT_FUNC, STT_GNU_IFUNC = 2, 10
PAGE = 4096
DEBUG_FILES = pathlib.Path("/usr/lib/debug/.build-id")


class Elf:
    """Symbols and functions of a little-endian 64-bit ELF file."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: not an ELF file of this kind")
        phoff, shoff = struct.unpack_from("<QQ", self.data, 32)
        phsize, phnum, shsize, shnum = struct.unpack_from("<HHHH", self.data, 54)
        self.segments = [struct.unpack_from("<IIQQQQQQ", self.data, phoff + i * phsize)
                         for i in range(phnum)]
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * shsize)
                         for i in range(shnum)]

    def functions(self):
        """(name, address) of each symbol that is a function."""
        for _, kind, _, _, offset, size, link, *_ in self.sections:
            if kind not in (SHT_SYMTAB, SHT_DYNSYM):
                continue
            texts = self.sections[link][4]
            for name, info, _, section, value, _ in struct.iter_unpack(
                    "<IBBHQQ", self.data[offset:offset + size]):
                if info & 15 in (STT_FUNC, STT_GNU_IFUNC) and section:
                    end = self.data.index(b"\0", texts + name)
                    yield self.data[texts + name:end].decode("utf-8", "replace"), value

    def build_id(self):
        for kind, _, begin, _, _, filesz, *_ in self.segments:
            at = begin
            while kind == PT_NOTE and at + 12 <= begin + filesz:
                namesz, descsz, note = struct.unpack_from("<III", self.data, at)
                desc = at + 12 + (namesz + 3 & ~3)
                if note == NT_GNU_BUILD_ID and self.data[at + 12:at + 16] == b"GNU\0":
                    return self.data[desc:desc + descsz].hex()
                at = desc + (descsz + 3 & ~3)
        return ""

    def address(self, offset):
        """Of a place in the file."""
        for kind, _, begin, vaddr, _, filesz, *_ in self.segments:
            if kind == PT_LOAD and begin <= offset < begin + filesz:
                return offset - begin + vaddr
        return offset

    def starts(self):
        """Addresses at which functions begin, ascending, as the table for exceptions has them."""
        for kind, _, begin, vaddr, *_ in self.segments:
            # Version 1; pointer and count as 4 bytes; the table relative to its own address.
            if kind == PT_GNU_EH_FRAME and self.data[begin] == 1 and self.data[begin + 3] == 0x3B:
                count = struct.unpack_from("<I", self.data, begin + 8)[0]
                pairs = struct.iter_unpack("<ii", self.data[begin + 12:begin + 12 + 8 * count])
                return [vaddr + start for start, _ in pairs]
        return []


def kernel_functions():
    with open("/proc/kallsyms", encoding="ascii", errors="replace") as file:
        for line in file:
            address, kind, name = line.split()[:3]
            if kind in "tTwW" and int(address, 16):
                yield name, int(address, 16)


class Module:
    def __init__(self, name, path):
        self.name, self.elf, self.starts = name, None, []
        self.first = {}
        functions = []
        try:
            if path.startswith("[kernel"):
                functions = list(kernel_functions())
            else:
                self.elf = Elf(path)
                self.starts = self.elf.starts()
                functions = list(self.elf.functions())
                build_id = self.elf.build_id()
                debug = DEBUG_FILES / build_id[:2] / f"{build_id[2:]}.debug"
                if build_id and debug.exists():
                    functions += Elf(debug).functions()
        except (OSError, ValueError, struct.error, IndexError):
            pass
        at = collections.defaultdict(set)
        for symbol, address in functions:
            at[address].add(symbol)
        for names in at.values():
            for symbol in names:
                self.first[symbol] = min(names)

    def function_at(self, offset):
        address = self.elf.address(offset) if self.elf else offset
        place = bisect.bisect_right(self.starts, address)
        if place:
            return f"[{self.name} fn {self.starts[place - 1]:#x}]"
        return f"[{self.name} page {offset // PAGE:#x}]"

    def name_of(self, symbol):
        # perf shows no parameters, pmc does: foo(int, char*) const ─► foo
        bare = re.sub(r"(?<=\w)(\(.*\)|<.*>\(.*\))( const)?( \[.*\])?$", "", symbol)
        return self.first.get(symbol) or self.first.get(bare) or bare


class Names:
    def __init__(self, modules):
        """modules: (name, path) of all that were seen."""
        self.modules = {name: Module(name, path) for name, path in modules}
        if "[kernel]" in self.modules:
            self.modules["[kernel.kallsyms]"] = self.modules["[kernel]"]

    def function(self, module, name):
        known = self.modules.get(module)
        return known.name_of(name) if known else name

    def address(self, module, offset):
        known = self.modules.get(module)
        return known.function_at(offset) if known else f"[{module} page {offset // PAGE:#x}]"
