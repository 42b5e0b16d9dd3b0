# tests/host/build.mk - tests that run on the machine at hand, and the line coverage of vm/.
#
# Each tests/host/test_*.c is a program of its own, linked with an archive of what can be tested
# here: sources that include no header of the hardware. A new test needs no line in this file; a new
# source to test needs its name in HOST_TESTED. Also runs alone: make -f tests/host/build.mk

HOSTCC ?= gcc
O      ?= build
PYTHON ?= /usr/bin/python3
Q      ?= $(if $(filter 1,$(V)),,@)
say    ?= $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

HOST_TESTED := $(wildcard vm/*.c kernel/fdt*.c kernel/elf*.c kernel/initrd*.c kernel/lock.c \
	kernel/frame_cache.c \
	$(filter-out %/main.c %/serve.c %/session.c %/lock.c,$(wildcard user/servers/ext2/*.c)) \
	user/servers/console/line*.c user/servers/initfs/tree*.c \
	user/servers/initfs/directory.c user/servers/init/table.c user/servers/init/child.c \
	$(addprefix user/servers/virtio_blk/,queue.c disk.c disk_start.c) \
	user/lib/server.c user/lib/mutex.c \
	$(filter-out %/run.c %/restore.c,$(wildcard user/lib/file_server/*.c)) \
	$(filter-out %/main.c,$(wildcard user/servers/ramfs/*.c)) \
	user/lib/hart_list.c user/bin/top/compare.c user/bin/top/view.c \
	$(addprefix user/bin/sh/,lexer.c parser.c variables.c memory.c text.c shell.c expand.c \
		editor.c keys.c history.c completion.c))
# Not tests themselves: what several tests share.
HOST_HELPERS := $(filter-out tests/host/test_%,$(wildcard tests/host/*.c)) \
	$(wildcard tests/host/ext2/*.c) $(addprefix tests/crash/,states.c world.c files.c blklog.c)
HOST_TESTS := $(patsubst tests/host/%.c,%,$(wildcard tests/host/test_*.c))

HOST := $(O)/host
HOST_COVERAGE := $(O)/host/coverage
HOST_RACES := $(O)/host/races/test_lock_threads
# The utilities that are plain POSIX C, which tests/host/utilities compares with the host's own.
HOST_UTILITIES := cat cmp cp dd du head hexdump ln ls mkdir mktemp mv rm rmdir stat sync tail tee \
	touch wc
HOST_COMPARED := $(O)/host/test_utilities
# The library's own headers; of those that the C library has too, the host takes its own.
HOST_LAST := -idirafter user/lib/include
HOST_CFLAGS := -std=gnu17 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	$(if $(filter 1,$(WERROR)),-Werror) -isystem /usr/include/bsd -DLIBBSD_OVERLAY \
	-I. -Ikernel/abi -Iuser -Itests/host $(HOST_LAST)
HOST_SANITIZED := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
HOST_LIBS := -lcmocka -lfdt -lbsd -pthread
# Locks with the checks of a DEBUG build, on harts that tests/host/kernel simulates: its headers
# come before those of the kernel.
HOST_LOCKS := kernel/lock tests/host/test_lock tests/host/test_lock_threads
HOST_SIMULATED := -Itests/host
# The sanitizers want addresses that some machines randomise away: not for these programs.
HOST_STEADY = $(shell setarch -R true 2>/dev/null && echo setarch -R)

# $(call host_build,DIRECTORY,FLAGS): the archive and the programs, compiled with FLAGS.
define host_build
$(1)/%.o: %.c tests/host/build.mk | tools
	$$(call say,HOSTCC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(HOST_CFLAGS) $(2) -MMD -MP -c $$< -o $$@

$(1)/libtested.a: $$(patsubst %.c,$(1)/%.o,$$(HOST_TESTED) $$(HOST_HELPERS))
	$$(Q)rm -f $$@
	$$(Q)ar rcs $$@ $$^

$$(addprefix $(1)/,$$(HOST_TESTS)): $(1)/%: $(1)/tests/host/%.o $(1)/libtested.a
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(HOSTCC) $(2) $$^ $$(HOST_LIBS) -o $$@

$$(HOST_LOCKS:%=$(1)/%.o): HOST_CFLAGS := $$(HOST_SIMULATED) -DOCTAVO_DEBUG=1 $$(HOST_CFLAGS)

-include $$(patsubst %.c,$(1)/%.d,$$(HOST_TESTED) $$(HOST_HELPERS) \
	$$(HOST_TESTS:%=tests/host/%.c))
endef

include tests/crash/build.mk

.PHONY: test-host coverage tools
HOST_PROGRAMS := $(addprefix $(HOST)/,$(HOST_TESTS)) $(CRASH_PROGRAMS) $(HOST_RACES)
test-host: $(HOST_PROGRAMS)
test-host: $(HOST_COMPARED) ## run the tests that need no QEMU
	@$(HOST_STEADY) tests/host/run $^

# The counts of an earlier run are removed: they would hide what nobody runs any more.
coverage: $(addprefix $(HOST_COVERAGE)/,$(HOST_TESTS)) ## line coverage of vm/ by the host tests
	$(Q)find $(HOST_COVERAGE) -name '*.gcda' -delete
	@tests/host/run $^
	$(Q)gcovr --root . --filter 'vm/' --exclude-unreachable-branches --fail-under-line 95 \
		--object-directory $(HOST_COVERAGE)/vm $(HOST_COVERAGE)/vm

tools: # the top Makefile says how they come; alone, this file takes them to be there

$(eval $(call host_build,$(HOST),$(HOST_SANITIZED)))
$(eval $(call host_build,$(HOST_COVERAGE),-O0 --coverage))

# No program can be under AddressSanitizer and ThreadSanitizer at once, so this one is built twice;
# here as in a release, where nothing but the lock itself keeps the harts apart.
$(HOST_RACES): tests/host/test_lock_threads.c kernel/lock.c \
		$(wildcard kernel/*.h tests/host/*.h tests/host/kernel/riscv/*.h) tests/host/build.mk | tools
	$(call say,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_SIMULATED) $(HOST_CFLAGS) -O1 -fsanitize=thread $(filter %.c,$^) \
		$(HOST_LIBS) -o $@

HOST_UTILITY_LIB := $(patsubst %.c,$(HOST)/%.o,$(wildcard user/bin/lib/*.c))
HOST_UTILITY_PROGRAMS := $(HOST_UTILITIES:%=$(HOST)/utilities/%)

# With the getopt of the host's C library: libbsd's knows no options behind operands.
$(HOST_UTILITIES:%=$(HOST)/user/bin/%.o) $(HOST_UTILITY_LIB): HOST_CFLAGS := \
	$(filter-out -isystem /usr/include/bsd -DLIBBSD_OVERLAY,$(HOST_CFLAGS))

$(HOST_UTILITY_PROGRAMS): $(HOST)/utilities/%: $(HOST)/user/bin/%.o $(HOST_UTILITY_LIB)
	$(call say,HOSTLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_SANITIZED) $^ -o $@

# A program like the others to tests/host/run.
$(HOST_COMPARED): $(HOST_UTILITY_PROGRAMS) tests/host/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec %s tests/host/utilities/main.py %s\n' '$(PYTHON)' \
		'$(HOST)/utilities' > $@
	$(Q)chmod +x $@

-include $(patsubst %.c,$(HOST)/%.d,$(wildcard user/bin/lib/*.c) $(HOST_UTILITIES:%=user/bin/%.c))
