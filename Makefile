# pmc - one Makefile, no recursion, everything built lands below $(BUILD).
#
#   make                build/pmc, its man pages and its completion
#   make demo           install what is missing, build, record a program, report
#   make check          install what the tests need, build and run all of them
#   make bench          figures against perf
#   make arm64          build/arm64/pmc, cross-compiled; needs a Debian with a network
#   make install DESTDIR= PREFIX=     make uninstall     make clean
#   make unit | fuzz | e2e | lint | check-vm     one part of the tests
#
# Cross-compilation: make CC=aarch64-linux-gnu-gcc SYSROOT=/path BUILD=build/arm64 HOSTPMC=build/pmc
# Another compiler:  make CC=clang BUILD=build/clang

PREFIX  ?= /usr/local
BUILD   ?= build
# One spelling: what depends on what is written down with the names that were given.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
ifeq ($(origin CC),default)
CC       = gcc
endif
CLANG   ?= clang
SYSROOT ?=
VERSION := $(shell cat VERSION)

WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Werror
OPT     ?= -O2
CFLAGS  ?= $(OPT) -g -fno-omit-frame-pointer
override CPPFLAGS += -Isrc -I$(BUILD)/gen -D_GNU_SOURCE -DPMC_VERSION='"$(VERSION)"' $(HAVE_CPPFLAGS)
STD      = -std=gnu11
ROOTFLAG = $(if $(SYSROOT),--sysroot=$(SYSROOT))
LDLIBS   = -lpfm -ldw -lelf -lsqlite3 $(HAVE_LDLIBS) -lpthread -lm
COMPILE  = $(CC) $(ROOTFLAG) $(STD) $(WARN) $(CPPFLAGS) -MMD -MP
LINK     = $(CC) $(ROOTFLAG)

FOLDERS  = base collector symbolize store report cli
SOURCES := $(foreach f,$(FOLDERS),$(sort $(wildcard src/$(f)/*.c)))
LIBSRC  := $(filter-out src/cli/main.c,$(SOURCES))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/flame_assets.o

# What is run is told in short; V=1 tells all of it.
ifeq ($(V),1)
say      =
else
say      = @echo '  $(1)'; $(empty)
endif

.DELETE_ON_ERROR:
.PHONY: all docs clean install uninstall demo check unit fuzz e2e lint bench golden FORCE
.PHONY: arm64 programs check-vm
# A cross-built pmc cannot print its own pages: HOSTPMC= names one that runs here.
all: $(BUILD)/pmc $(if $(SYSROOT),$(if $(HOSTPMC),docs),docs)

# ---- what this machine has ----
#
#   goal demo, check, bench ──► deps-* (installs) ──► config.mk (HAVE_…) ──► make starts over with it

ifneq ($(filter-out clean uninstall,$(or $(MAKECMDGOALS),all)),)
# Rewrites $(BUILD)/$(1) when the text $(2) is not what it holds: what depends on it is made again.
remember = $(shell mkdir -p $(BUILD); printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $(BUILD)/$(1) || \
	printf '%s\n' '$(subst ','\'',$(2))' >$(BUILD)/$(1))
$(call remember,compiler,$(CC) $(SYSROOT))
include $(BUILD)/config.mk
$(call remember,flags,$(COMPILE) $(CFLAGS) $(LDFLAGS) $(LDLIBS))
endif

needs_set = $(if $(filter check unit fuzz e2e lint golden check-vm,$(MAKECMDGOALS)),test) \
	$(if $(filter check check-vm,$(MAKECMDGOALS)),vm) \
	$(if $(filter check e2e,$(MAKECMDGOALS)),browser) \
	$(if $(filter demo,$(MAKECMDGOALS)),build) $(if $(filter bench,$(MAKECMDGOALS)),bench)
$(BUILD)/config.mk: tools/configure.sh tools/probe.sh tools/needs.txt $(BUILD)/compiler \
		$(foreach s,$(strip $(needs_set)),$(BUILD)/deps-$(s)) $(wildcard $(SYSROOT:%=%.stamp))
	@mkdir -p $(@D)
	@CC='$(CC)' SYSROOT='$(SYSROOT)' tools/configure.sh >$@

$(BUILD)/deps-%: tools/install-deps.sh tools/probe.sh tools/needs.txt
	@mkdir -p $(@D)
	@CC='$(CC)' tools/install-deps.sh $*
	@touch $@

$(BUILD)/compiler $(BUILD)/flags: ;

# ---- the program ----

PPROF   := $(if $(filter -DHAVE_PPROF,$(HAVE_CPPFLAGS)),$(BUILD)/gen/pprof.pb-c)
OBJECTS += $(PPROF:$(BUILD)/%=$(BUILD)/obj/%.o)

$(BUILD)/pmc: $(OBJECTS)
	$(call say,link  $@)$(LINK) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) $(CFLAGS) -c -o $@ $<

# Script and style of flame graphs, as C: gen/ of each kind of objects has the same source.
$(BUILD)/gen/flame_assets.c: tools/embed.sh src/report/flame.js src/report/flame.css
	@mkdir -p $(@D)
	@tools/embed.sh flame_script=src/report/flame.js flame_style=src/report/flame.css >$@

# The messages of pprof, where there is a library for them.
ifneq ($(PPROF),)
$(PPROF).h: $(PPROF).c ;
$(PPROF).c: src/report/pprof.proto
	@mkdir -p $(@D)
	@protoc-c --c_out=$(@D) -I$(<D) $<
$(foreach d,obj san fuzzobj,$(BUILD)/$(d)/src/report/export_pprof.o): $(PPROF).h
endif

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) $(CFLAGS) -c -o $@ $<

# ---- man pages and completion, from the option rows ----

PAGES = $(or $(HOSTPMC),$(BUILD)/pmc)
docs: $(BUILD)/man/pmc.1 $(BUILD)/completion/pmc

$(BUILD)/man/pmc.1: $(PAGES)
	@mkdir -p $(@D)
	@rm -f $(@D)/*.1
	@for c in $$($(PAGES) --dump-commands); do \
		$(PAGES) --dump-man $$c >$(@D)/pmc-$$c.1 || exit 1; done
	@$(PAGES) --dump-man >$@

$(BUILD)/completion/pmc: $(PAGES)
	@mkdir -p $(@D)
	@$(PAGES) --dump-completion bash >$@

# ---- install ----

BINDIR  = $(DESTDIR)$(PREFIX)/bin
MANDIR  = $(DESTDIR)$(PREFIX)/share/man/man1
COMPDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
DOCDIR  = $(DESTDIR)$(PREFIX)/share/doc/pmc
DOCS    = README.md NEWS LICENSE $(wildcard docs/*.md)

install: all
	install -d $(BINDIR) $(MANDIR) $(COMPDIR) $(DOCDIR)
	install -m 755 $(BUILD)/pmc $(BINDIR)/pmc
	install -m 644 $(BUILD)/man/*.1 $(MANDIR)
	install -m 644 $(BUILD)/completion/pmc $(COMPDIR)/pmc
	install -m 644 $(DOCS) $(DOCDIR)

uninstall:
	rm -f $(BINDIR)/pmc $(MANDIR)/pmc.1 $(MANDIR)/pmc-*.1 $(COMPDIR)/pmc
	rm -rf $(DOCDIR)

clean:
	rm -rf $(BUILD)

# ---- test programs: `/* build-flags: … */` in a source adds flags; lib*.c become shared objects ----

PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/programs/%,\
		$(filter-out tests/programs/lib%,$(sort $(wildcard tests/programs/*.c)))) \
	$(patsubst tests/programs/%.cpp,$(BUILD)/programs/%,$(sort $(wildcard tests/programs/*.cpp))) \
	$(patsubst tests/programs/%.c,$(BUILD)/programs/%.so,$(sort $(wildcard tests/programs/lib*.c)))
PROGHDRS    = $(wildcard tests/programs/*.h)
PROGFLAGS   = -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls -Wall -Wextra -Werror
build_flags = $$(sed -n '/build-flags:/ { s,.*build-flags: *,,; s, *\*/.*,,; p }' $<)

$(BUILD)/programs/%.so: tests/programs/%.c $(PROGHDRS)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(LINK) $(PROGFLAGS) -shared -fPIC -o $@ $< $(build_flags)

$(BUILD)/programs/%: tests/programs/%.c $(PROGHDRS)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(LINK) $(PROGFLAGS) -o $@ $< $(build_flags) -ldl -lpthread

CXX_OF   = $(patsubst %gcc,%g++,$(patsubst %clang,%clang++,$(CC)))
$(BUILD)/programs/%: tests/programs/%.cpp $(PROGHDRS)
	@mkdir -p $(@D)
	$(call say,c++   $<)$(CXX_OF) $(ROOTFLAG) $(PROGFLAGS) -o $@ $< $(build_flags) -ldl -lpthread

# ---- arm64: this Makefile once more, with another compiler, folder, and other test programs ----

VM_LAB  ?= $(BUILD)/vm
arm64:
	@command -v aarch64-linux-gnu-gcc >/dev/null || { \
		echo "pmc: cannot build for arm64: aarch64-linux-gnu-gcc is missing"; \
		echo "  hint: install it with: $$(tools/install-deps.sh --print vm)"; exit 1; } >&2
	@tests/vm/setup.sh $(VM_LAB) arm64
	@+$(MAKE) --no-print-directory CC=aarch64-linux-gnu-gcc SYSROOT=$(abspath $(VM_LAB))/arm64 \
		BUILD=$(BUILD)/arm64 all programs

ifneq ($(SYSROOT),)
PROGRAMS := $(patsubst tests/vm/programs/%.c,$(BUILD)/programs/%,\
		$(sort $(wildcard tests/vm/programs/*.c)))
# Their instructions are counted, so nothing but -O1 -g unless they say so.
$(PROGRAMS): $(BUILD)/programs/%: tests/vm/programs/%.c $(LIBSRC) \
		$(wildcard src/*/*.h tests/vm/programs/*.h)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(LINK) -O1 -g -Wall -Wextra -Werror -o $@ $< $(build_flags)
$(BUILD)/programs/hot_path: tests/bench/hot_path.c tests/unit/record_fixture.h
$(BUILD)/programs/stacks_calls: tests/programs/stacks_calls.c
endif
programs: $(PROGRAMS)

# ---- demo ----

demo: $(BUILD)/pmc $(BUILD)/programs/demo
	@tools/demo.sh $(BUILD)

# ---- unit tests: every file with logic, under ASan and UBSan ----

SAN      = -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANOBJ  := $(LIBSRC:%.c=$(BUILD)/san/%.o) $(BUILD)/san/gen/flame_assets.o \
	$(PPROF:$(BUILD)/%=$(BUILD)/san/%.o)
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
UNITRES := $(UNIT:$(BUILD)/unit/%=$(BUILD)/results/unit/%)

$(BUILD)/san/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc    $< (sanitized))$(COMPILE) -O1 -g -fno-omit-frame-pointer $(SAN) -c -o $@ $<

$(BUILD)/san/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,cc    $< (sanitized))$(COMPILE) -O1 -g $(SAN) -c -o $@ $<

$(BUILD)/san/libpmc.a: $(SANOBJ)
	@rm -f $@; $(AR) rcs $@ $^

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/san/libpmc.a
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) -MF $@.d -Itests/unit -O1 -g $(SAN) -o $@ $< \
		$(BUILD)/san/libpmc.a $(LDFLAGS) -lcmocka $(LDLIBS)

# Where the libraries of arm64 are here, test_cfi_table reads their unwind tables as well.
export PMC_ARM64_ROOT ?= $(abspath $(VM_LAB))/arm64

.SECONDARY: $(UNIT)
$(BUILD)/results/unit/%: $(BUILD)/unit/% FORCE
	@tools/run-unit.sh $@ $<

# ---- fuzz targets: clang's libFuzzer; what they find stays below $(BUILD) ----

FUZZ_SECONDS ?= 15
FUZZFLAGS = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZCC   = $(CLANG) $(STD) $(WARN) $(CPPFLAGS) -MMD -MP $(FUZZFLAGS)
FUZZOBJ := $(patsubst %.c,$(BUILD)/fuzzobj/%.o,$(filter-out src/cli/%,$(LIBSRC))) \
	$(BUILD)/fuzzobj/gen/flame_assets.o $(PPROF:$(BUILD)/%=$(BUILD)/fuzzobj/%.o)
FUZZ    := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZRES := $(FUZZ:$(BUILD)/fuzz/%=$(BUILD)/results/fuzz/%)

$(BUILD)/fuzzobj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,clang $< (fuzzed))$(FUZZCC) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzzobj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,clang $< (fuzzed))$(FUZZCC) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzzobj/libpmc.a: $(FUZZOBJ)
	@rm -f $@; $(AR) rcs $@ $^

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzzobj/libpmc.a
	@mkdir -p $(@D)
	$(call say,clang $<)$(FUZZCC) -MF $@.d -fsanitize=fuzzer -o $@ $< $(BUILD)/fuzzobj/libpmc.a $(LDLIBS)

.SECONDARY: $(FUZZ)
$(BUILD)/results/fuzz/%: $(BUILD)/fuzz/% FORCE
	@tools/run-case.sh $@ $* tools/run-fuzz.sh $< tests/fuzz/corpus/$(*:fuzz_%=%) $(FUZZ_SECONDS)

# ---- lint: each script of tests/lint is a check; it gets the build folder ----

LINT    := $(sort $(wildcard tests/lint/*.sh tests/lint/*.py))
LINTRES := $(LINT:tests/lint/%=$(BUILD)/results/lint/%)

$(BUILD)/results/lint/%: tests/lint/% $(BUILD)/pmc docs FORCE
	@CC='$(CC)' CLANG='$(CLANG)' FLAGS='$(STD) $(WARN) -Isrc -I$(BUILD)/gen -D_GNU_SOURCE $(HAVE_CPPFLAGS)' \
		tools/run-case.sh $@ lint/$* $< $(BUILD)

# ---- golden reports: `make golden` writes the expected texts anew; look at the difference then ----

$(BUILD)/golden/sessions: tests/golden/sessions.c $(BUILD)/san/libpmc.a
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) -MF $@.d -Itests/unit -O1 -g $(SAN) -o $@ $< \
		$(BUILD)/san/libpmc.a $(LDFLAGS) $(LDLIBS)

golden: $(BUILD)/pmc $(BUILD)/golden/sessions
	@cd $(BUILD)/golden && PMC=$(abspath $(BUILD))/pmc E2E=$(CURDIR)/tests/e2e ROOT=$(CURDIR) \
		$(CURDIR)/tests/e2e/test_golden.sh --update

# ---- end to end: one after the other, once the machine is quiet ----

E2E     := $(sort $(wildcard tests/e2e/test_*.sh tests/e2e/test_*.py))
E2ERES   = $(BUILD)/results/e2e

$(E2ERES): $(BUILD)/pmc docs $(PROGRAMS) $(BUILD)/golden/sessions FORCE | $(UNITRES) $(FUZZRES) $(LINTRES)
	@tests/e2e/run $(BUILD) $@ $(E2E)

# ---- emulated machines: arm64 with a PMU, then amd64 with another kernel ----

VMTESTS  = $(sort $(wildcard tests/vm/guest/test_*.sh))
# All of them would take long without KVM: those that say most about a kernel. Two machines run every
# other one of them.
AMD64TESTS = $(foreach t,targets tasks mappings live signals permission events status,\
	tests/e2e/test_$(t).sh)
VMRES    = $(BUILD)/results/arm64-vm $(BUILD)/results/amd64-vm

$(BUILD)/results/arm64-vm: FORCE
	@+VM_LAB='$(VM_LAB)' MAKE='$(MAKE)' tests/vm/run arm64 $(BUILD) $@ $(VMTESTS)

# The machines keep CPUs busy: of all tests, first the one, then end to end, then the other.
$(BUILD)/results/amd64-vm: $(BUILD)/pmc docs $(PROGRAMS) FORCE | $(BUILD)/results/arm64-vm
ifneq ($(filter check,$(MAKECMDGOALS)),)
$(E2ERES): | $(BUILD)/results/arm64-vm
$(BUILD)/results/amd64-vm: | $(E2ERES)
endif
$(BUILD)/results/amd64-vm:
	@VM_LAB='$(VM_LAB)' tests/vm/run amd64 $(BUILD) $@ $(AMD64TESTS)

# ---- all tests ----

unit: $(UNITRES)
fuzz: $(FUZZRES)
e2e: $(E2ERES)
lint: $(LINTRES)
check-vm: $(VMRES)
unit fuzz e2e lint check-vm:
	@tools/summary.sh $^
check: $(LINTRES) $(UNITRES) $(FUZZRES) $(E2ERES) $(VMRES)
	@tools/summary.sh $^

# ---- figures ----

READER   = $(filter $(BUILD)/obj/src/base/% $(BUILD)/obj/src/collector/%,$(OBJECTS))
$(BUILD)/bench/hot_path: tests/bench/hot_path.c $(READER)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) -MF $@.d -Itests/unit $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$(READER) $(LDLIBS)

UNWINDER = $(filter $(BUILD)/obj/src/base/% $(BUILD)/obj/src/symbolize/%,$(OBJECTS))
$(BUILD)/bench/unwind: tests/bench/unwind.c $(UNWINDER)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) -MF $@.d -Itests/unit $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$(UNWINDER) $(LDLIBS)

STORE    = $(filter $(BUILD)/obj/src/base/% $(BUILD)/obj/src/store/%,$(OBJECTS))
$(BUILD)/bench/many_stacks: tests/bench/many_stacks.c $(STORE)
	@mkdir -p $(@D)
	$(call say,cc    $<)$(COMPILE) -MF $@.d -Itests/unit $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$(STORE) $(LDLIBS)

bench: $(BUILD)/pmc $(PROGRAMS) $(BUILD)/bench/hot_path $(BUILD)/bench/unwind \
		$(BUILD)/bench/many_stacks
	@tests/bench/run $(BUILD)

-include $(OBJECTS:.o=.d) $(SANOBJ:.o=.d) $(UNIT:=.d) $(FUZZOBJ:.o=.d) $(FUZZ:=.d) \
	$(BUILD)/bench/hot_path.d $(BUILD)/bench/unwind.d $(BUILD)/bench/many_stacks.d
