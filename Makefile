# Makefile - builds, runs and tests Octavo. `make` alone lists the targets.
#
# Everything that is made goes to $(O), and nothing outside it. A fragment named build.mk says how
# its folder is built: kernel/ (with vm/), user/, tests/host/, tests/fuzz/, tests/system/. Sources
# are found by wildcard, so that a new file needs no line here. Each object depends on the file that
# holds its flags, so that a changed flag rebuilds what it touches and nothing else.

# ---- what the user may set, as in `make qemu SMP=4 APPEND=panic=exit` -------------------------
CROSS  ?= riscv64-unknown-elf-
QEMU   ?= qemu-system-riscv64
BIOS   ?= default
SMP    ?= 1
MEM    ?= 128M
APPEND ?=
DISK   ?=
QEMUFLAGS ?=
PYTHON ?= /usr/bin/python3
HOSTCC ?= gcc
GDB    ?= gdb-multiarch
GDBFLAGS ?=
PYTESTFLAGS ?=
# Where picolibc is: these two flags choose its fast build (the other copies byte by byte).
PICOLIBC ?= --specs=picolibc.specs --picolibc-buildtype=release
# What makes the tools be there; `SETUP=:` leaves the machine alone.
SETUP  ?= scripts/setup
DEBUG  ?= 0
WERROR ?= 0
V      ?= 0
O      ?= build$(if $(filter 1,$(DEBUG)),/debug)

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
export CROSS QEMU QEMUFLAGS BIOS SMP MEM APPEND DISK O V PYTHON HOSTCC GDB PICOLIBC

Q := $(if $(filter 1,$(V)),,@)
# $(call say,CC,file): the one line that a quiet build prints for a command.
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

CC      := $(CROSS)gcc
AR      := $(CROSS)ar
NM      := $(CROSS)nm
OBJCOPY := $(CROSS)objcopy

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wundef -Wvla -Wpointer-arith -Wwrite-strings -Wduplicated-cond -Wlogical-op \
	-Wimplicit-fallthrough=5 $(if $(filter 1,$(WERROR)),-Werror)
# What the kernel and user programs share: C17 with GNU extensions, frame pointers for backtraces,
# a section for each function so that the linker can leave out what nobody calls, and file names
# that do not depend on where the tree stands.
CFLAGS_COMMON := -std=gnu17 -O2 -g $(WARNINGS) -fno-omit-frame-pointer \
	-fno-stack-protector -fno-common -ffunction-sections -fdata-sections \
	$(if $(filter 1,$(DEBUG)),-DOCTAVO_DEBUG=1) $(PICOLIBC)
LDFLAGS_COMMON := -static -nostartfiles $(PICOLIBC) -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	$(if $(filter 1,$(WERROR)),-Xlinker --fatal-warnings)

# ---- tools ------------------------------------------------------------------------------------
# Targets that promise to work on a bare machine install what is missing while make still reads
# this file, so that whatever they build, in whatever order, finds its tools.
INSTALLING := qemu gdb test test-host test-fuzz test-system coverage fuzz tidy format
ifneq ($(filter $(INSTALLING),$(MAKECMDGOALS)),)
ifneq ($(shell $(SETUP) >&2 && echo done),done)
$(error some tools are missing and could not be installed: see above, or run `make doctor`)
endif
endif

# What compiles or links needs this first (order only): it says what is missing before the build
# fails for the lack of it.
.PHONY: tools
tools:
	@scripts/doctor --build

# $(call flags_file,FILE,FLAGS): FILE holds FLAGS and changes only when they do.
.PHONY: FORCE
define flags_file
$(1): FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' > $$@
endef

include kernel/build.mk
include user/build.mk
-include $(wildcard tests/host/build.mk tests/fuzz/build.mk tests/system/build.mk)

# ---- targets ----------------------------------------------------------------------------------
.PHONY: help all qemu gdb disk disk-fresh \
	console test test-system soak bench bench-smp bench-vm profile clean \
	distclean doctor setup tidy format

help: ## print this list
	@awk -F ':.*## ' '/^[a-z._-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  On the command line: V=1 DEBUG=1 WERROR=1 CROSS= QEMU= BIOS= SMP= MEM= APPEND= DISK= O='

all: $(O)/kernel.elf $(O)/initrd.cpio ## build the kernel and the initial programs

# What is on the disk outlives the run: a new one is made only if there is none.
disk: all ## make build/disk.img, or bring the programs on it up to date
	$(Q)scripts/image $(O)/root $(O)/disk.img

disk-fresh: all ## make a new build/disk.img: what was written to the old one is lost
	$(Q)rm -f $(O)/disk.img $(O)/disk.img.list
	$(Q)scripts/image $(O)/root $(O)/disk.img

# DISK=FILE... boots with other disks, DISK=none without any.
qemu gdb: DISK := $(or $(filter-out none,$(DISK)),$(if $(DISK),,$(O)/disk.img))

qemu: all $(if $(DISK),,disk) ## boot to a shell (Ctrl-a x leaves; input may come from a pipe)
	@$(PYTHON) scripts/run

gdb: all $(if $(DISK),,disk) ## boot stopped, with gdb attached (docs/debugging.md)
	@$(PYTHON) scripts/debug $(GDBFLAGS)

console: ## the guest's console, in a second terminal beside `make gdb`
	@$(PYTHON) scripts/console

# The parts build what they need; the script adds up what they report, even if one cannot be built.
test: ## check style, then run the host tests, a fuzzer and the system tests
	+@$(PYTHON) scripts/test tidy test-host test-fuzz test-system

test-system: all ## boot in QEMU, with and without DEBUG=1, and type at the shell
	+@$(if $(filter 1,$(DEBUG)),,$(MAKE) --no-print-directory DEBUG=1 O=$(O)/debug all)
	$(Q)$(PYTHON) -m pytest -p no:cacheprovider tests/system $(PYTESTFLAGS)

# Of the harts that `make` boots elsewhere there is one: not enough here, unless somebody says so.
soak: all ## repeat the stress programs with new seeds (MINUTES=10 SMP=4 SEED=)
	@SMP=$(if $(filter file,$(origin SMP)),4,$(SMP)) $(PYTHON) scripts/soak $(MINUTES)

bench: all ## count the instructions of each operation, beside other systems (NAME=x: of one)
	@$(PYTHON) scripts/bench $(NAME)

bench-smp: all ## compare what two harts do with what one does in the same time
	@$(PYTHON) scripts/bench-smp

bench-vm: all ## draw how fork, first touches and faults grow with memory and areas
	@$(PYTHON) scripts/bench-vm

profile: all ## show which functions take the instructions of an operation (NAME=ipc_4)
	@$(PYTHON) scripts/profile $(or $(NAME),ipc_4)

tidy: ## check style, sizes, includes and the paths in the documents
	@$(PYTHON) scripts/tidy

format: ## format all C with clang-format
	@$(PYTHON) scripts/tidy --format

doctor: ## check each tool's version and say how to get what is missing
	@scripts/doctor

setup: ## install the packages that are missing
	@scripts/setup

compile_commands.json: FORCE ## what editors need to understand the sources
	@$(MAKE) --no-print-directory --always-make --dry-run V=1 all \
		| $(PYTHON) scripts/compile-commands > $@

clean: ## remove what was built
	rm -rf $(O)

distclean: ## remove all that is not source
	rm -rf build compile_commands.json
	find scripts tests -name __pycache__ -prune -exec rm -rf {} +
