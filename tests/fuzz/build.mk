# tests/fuzz/build.mk - libFuzzer on the readers of untrusted bytes: device tree, ELF, cpio; and on
# address spaces, where the bytes choose the operations.
#
# Each tests/fuzz/fuzz_*.c is a fuzzer. `make fuzz SECONDS=60` runs each for a minute, from seeds
# made here and from what earlier runs found ($(O)/fuzz/NAME.corpus). A crash leaves its input in
# $(O)/fuzz/NAME-crash-...; give that file to the fuzzer as argument to see it again.

FUZZCC  ?= clang
SECONDS ?= 20

FUZZ := $(O)/fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_TESTED := $(wildcard kernel/fdt*.c kernel/elf.c kernel/initrd.c vm/*.c) \
	$(addprefix tests/host/,fdt_reference.c model.c model_steps.c frame_counts.c page_owner.c \
		managers.c)
FUZZ_CFLAGS := -std=gnu17 -g -O1 -Wall -Wextra -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -I. -Ikernel/abi -Itests \
	-isystem /usr/include/bsd -DLIBBSD_OVERLAY -idirafter user/lib/include
FUZZ_SANITIZED := -fsanitize=address,undefined
FUZZ_TRACED := -fsanitize=fuzzer-no-link

$(FUZZ)/%.o: %.c tests/fuzz/build.mk | tools
	$(call say,FUZZCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZCC) $(FUZZ_CFLAGS) $(FUZZ_TRACED) $(FUZZ_SANITIZED) -MMD -MP -c $< -o $@

# No comparison is worth following in vm/, which has no magic numbers, nor anything in the oracle:
# entries are compared by the thousand.
$(FUZZ)/vm/%.o: FUZZ_TRACED += -fno-sanitize-coverage=trace-cmp
$(FUZZ)/tests/host/%.o: FUZZ_TRACED :=

$(FUZZERS:%=$(FUZZ)/%): $(FUZZ)/%: $(FUZZ)/tests/fuzz/%.o $(FUZZ_TESTED:%.c=$(FUZZ)/%.o)
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZCC) -fsanitize=fuzzer $(FUZZ_SANITIZED) $^ -lfdt -lcmocka -o $@

$(FUZZ)/seeds: tests/fuzz/seeds.c tests/host/fdt_trees.c tests/host/fdt_trees.h
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(FUZZ_CFLAGS) $(filter %.c,$^) -o $@

$(FUZZ)/fuzz_fdt.seeds: $(FUZZ)/seeds
	$(Q)rm -rf $@ && mkdir -p $@ && $< $@

$(FUZZ)/fuzz_elf.seeds: | tools
	$(Q)mkdir -p $@
	$(Q)echo '_Thread_local int t = 1; int b; int _start(void) { return b + t; }' \
		| $(CC) -nostdlib -static -x c - -o $@/program

$(FUZZ)/fuzz_initrd.seeds: | tools
	$(Q)mkdir -p $@
	$(Q)find tests/fuzz | cpio --quiet -o -H newc > $@/archive
	$(Q)find kernel -type d | cpio --quiet -o -H newc > $@/folders

# Any bytes do.
$(FUZZ)/fuzz_space.seeds: $(addprefix $(FUZZ)/vm/,map.o lazy.o share.o)
	$(Q)mkdir -p $@
	$(Q)for file in $^; do head -c 2048 $$file > $@/$$(basename $$file); done

.PHONY: fuzz
fuzz: $(FUZZERS:%=$(FUZZ)/%) $(FUZZERS:%=$(FUZZ)/%.seeds) ## fuzz (SECONDS=)
	@tests/fuzz/run $(SECONDS) $(FUZZERS:%=$(FUZZ)/%)

# What `make test` runs of them: the one whose inputs are operations on address spaces, which needs
# no luck to get far. The seed is fixed, so that the same build tries the same inputs.
.PHONY: test-fuzz
test-fuzz: $(FUZZ)/fuzz_space $(FUZZ)/fuzz_space.seeds ## fuzz address spaces for a minute
	@OCTAVO_SEED=$${OCTAVO_SEED:-1} tests/fuzz/run 60 $(FUZZ)/fuzz_space

-include $(patsubst %.c,$(FUZZ)/%.d,$(FUZZ_TESTED) $(FUZZERS:%=tests/fuzz/%.c))
