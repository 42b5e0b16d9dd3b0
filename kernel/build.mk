# kernel/build.mk - the kernel image: kernel/, kernel/riscv/ and vm/.
#
# It is linked twice. The first link gives every function its address; from that image a table of
# function names is made for backtraces, and the second link puts it behind the other read-only
# data. Text comes before, so no function moves; scripts/kernel-symbols proves it on each build.

KERNEL_SOURCES := $(sort $(wildcard kernel/*.c kernel/riscv/*.c kernel/riscv/*.S vm/*.c))
KERNEL_OBJECTS := $(addprefix $(O)/,$(addsuffix .o,$(basename $(KERNEL_SOURCES))))

# No floating point: the FPU holds the user's registers. The linker names the multilib without
# _zicsr_zifencei, a spelling that selects none.
KERNEL_ARCH    := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany
KERNEL_CFLAGS  := $(KERNEL_ARCH) $(CFLAGS_COMMON) -DPICOLIBC_INTEGER_PRINTF_SCANF -I. -Ikernel/abi
KERNEL_LDFLAGS := -march=rv64imac -mabi=lp64 $(LDFLAGS_COMMON) -DPICOLIBC_INTEGER_PRINTF_SCANF \
	-T linker.ld
KERNEL_FLAGS   := $(O)/kernel/flags

$(eval $(call flags_file,$(KERNEL_FLAGS),$(CC) $(KERNEL_CFLAGS) / $(KERNEL_LDFLAGS)))

$(O)/kernel/%.o: kernel/%.c $(KERNEL_FLAGS) | tools
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/kernel/%.o: kernel/%.S $(KERNEL_FLAGS) | tools
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/vm/%.o: vm/%.c $(KERNEL_FLAGS) | tools
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

KERNEL_FIRST := $(O)/kernel/first-link.elf
KERNEL_TABLE := $(O)/kernel/symbol-table

$(KERNEL_FIRST): $(KERNEL_OBJECTS) linker.ld $(KERNEL_FLAGS)
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_LDFLAGS) $(KERNEL_OBJECTS) -o $@

$(KERNEL_TABLE).S: $(KERNEL_FIRST) scripts/kernel-symbols
	$(call say,SYMBOLS,$@)
	$(Q)$(NM) --numeric-sort $< | $(PYTHON) scripts/kernel-symbols table > $@

$(O)/kernel.elf: $(KERNEL_TABLE).S
	$(call say,LD,$@)
	$(Q)$(CC) $(KERNEL_CFLAGS) -c $< -o $(KERNEL_TABLE).o
	$(Q)$(CC) $(KERNEL_LDFLAGS) $(KERNEL_OBJECTS) $(KERNEL_TABLE).o -Wl,-Map=$(O)/kernel.map -o $@
	$(Q)$(NM) --numeric-sort $@ | $(PYTHON) scripts/kernel-symbols table | cmp -s - $< \
		|| { echo 'kernel/build.mk: the second link moved a function' >&2; rm -f $@; exit 1; }

-include $(KERNEL_OBJECTS:.o=.d)
