# pmc - one Makefile, no recursion, everything built lands below $(BUILD).
#
#   make                build/pmc                 make check     all tests (installs what they need)
#   make demo           build, record, report     make bench     figures against perf
#   make install DESTDIR= PREFIX=                 make clean
#
# Cross-compilation: make CC=aarch64-linux-gnu-gcc SYSROOT=/path BUILD=build/arm64

PREFIX  ?= /usr/local
BUILD   ?= build
ifeq ($(origin CC),default)
CC       = gcc
endif
SYSROOT ?=
VERSION := $(shell cat VERSION)

WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Werror
OPT     ?= -O2
CFLAGS  ?= $(OPT) -g -fno-omit-frame-pointer
CPPFLAGS += -Isrc -I$(BUILD)/gen -D_GNU_SOURCE -DPMC_VERSION='"$(VERSION)"' $(if $(SYSROOT),--sysroot=$(SYSROOT))
STD      = -std=gnu11
LDLIBS   = -lpfm -ldw -lelf -lsqlite3 -lpthread -lm
LDFLAGS += $(if $(SYSROOT),--sysroot=$(SYSROOT))

# Optional libraries: used where their headers are, reported by `pmc doctor`.
have = $(shell printf '\#include <stddef.h>\n\#include <stdio.h>\n\#include <$(1)>\nint main(void){return 0;}\n' | \
	$(CC) $(if $(SYSROOT),--sysroot=$(SYSROOT)) -x c - -o /dev/null $(2) 2>/dev/null && echo y)
ifeq ($(call have,libiberty/demangle.h,-liberty),y)
CPPFLAGS += -DHAVE_LIBIBERTY
LDLIBS   += -liberty
endif
ifeq ($(call have,histedit.h,-ledit),y)
CPPFLAGS += -DHAVE_LIBEDIT
LDLIBS   += -ledit
endif

FOLDERS  = base collector symbolize store report cli
SOURCES := $(foreach f,$(FOLDERS),$(sort $(wildcard src/$(f)/*.c)))
LIBSRC  := $(filter-out src/cli/main.c,$(SOURCES))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o)

.PHONY: all clean install check demo bench
all: $(BUILD)/pmc

$(BUILD)/pmc: $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- unit tests: every file with logic, under ASan and UBSan ----

SAN      = -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANOBJ  := $(LIBSRC:%.c=$(BUILD)/san/%.o)
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))

$(BUILD)/san/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CPPFLAGS) -O1 -g -fno-omit-frame-pointer $(SAN) -MMD -MP -c -o $@ $<

$(BUILD)/san/libpmc.a: $(SANOBJ)
	rm -f $@; $(AR) rcs $@ $^

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/san/libpmc.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CPPFLAGS) -Itests/unit -O1 -g $(SAN) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/san/libpmc.a $(LDFLAGS) -lcmocka $(LDLIBS)

.PHONY: unit
unit: $(UNIT)
	@for t in $(UNIT); do echo "== $$t"; $$t || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d) $(SANOBJ:.o=.d) $(UNIT:=.d)
