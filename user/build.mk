# user/build.mk - the library, the programs, and the initrd that carries them.
#
# A program is one file or one folder of files:
#   user/bin/NAME.c     or user/bin/NAME/*.c      -> /bin/NAME (user/bin/lib/*.c goes to each)
#   user/servers/NAME.c or user/servers/NAME/*.c  -> /servers/NAME, but /init for init
#   user/tests/NAME.c   or user/tests/NAME/*.c    -> /tests/NAME (user/tests/lib/*.c goes to each)
# A folder without a main.c is part of none.
# Every program has a link address of its own, by its place in the sorted list, so that a debugger
# can hold the symbols of several at once: $(O)/programs.txt lists them. The initrd gets stripped
# copies; those with symbols stay in $(O)/user/. user/etc/* goes to /etc.

USER_ARCH    := -march=rv64gc -mabi=lp64d -mcmodel=medany
USER_CFLAGS  := $(USER_ARCH) $(CFLAGS_COMMON) -Iuser/lib/include -Iuser -Ikernel/abi -I.
# Functions of the C library that ours go around: user/lib/stream_error.c.
USER_WRAPPED := vfprintf fputs fputc fwrite
USER_LDFLAGS := $(USER_ARCH) $(LDFLAGS_COMMON) -T user/link.ld \
	$(foreach name,$(USER_WRAPPED),-Wl,--wrap=$(name))
USER_FLAGS   := $(O)/user/flags

# Parsers that the kernel and programs share: the same file, compiled for user mode.
USER_SHARED      := $(wildcard kernel/elf.c kernel/initrd.c)
USER_LIB         := $(O)/user/liboctavo.a
USER_LIB_SOURCES := $(sort $(wildcard user/lib/*.c user/lib/*.S)) $(USER_SHARED)
USER_LIB_OBJECTS := $(patsubst %,$(O)/user/objects/%.o,$(basename $(USER_LIB_SOURCES)))
# Parts of the library that few programs want: an archive for each folder, from which the linker
# takes what is called for, so that their names are in nobody else's way.
USER_PARTS := $(patsubst user/lib/%/,%,$(sort $(dir $(wildcard user/lib/*/*.c))))
user_part   = $(O)/user/lib$(1).a
USER_PART_ARCHIVES := $(foreach part,$(USER_PARTS),$(call user_part,$(part)))

# The names of the programs as paths in the initrd, before init gets its place at the top.
USER_FILES   := $(wildcard user/bin/*.c user/servers/*.c user/tests/*.c)
USER_FOLDERS := $(dir $(wildcard user/bin/*/main.c user/servers/*/main.c user/tests/*/main.c))
USER_NAMES   := $(filter-out bin/lib tests/lib,$(sort $(patsubst user/%.c,%,$(USER_FILES)) \
	$(patsubst user/%/,%,$(USER_FOLDERS))))
# $(call user_elf,NAME): the program with its symbols.
user_elf = $(O)/user/$(1).elf
USER_ELFS := $(foreach name,$(USER_NAMES),$(call user_elf,$(name)))
USER_ETC  := $(sort $(wildcard user/etc/*))
PROGRAMS  := $(O)/programs.txt

# A header of ours that comes, or goes, changes what others include by the same name.
USER_HEADERS := $(sort $(wildcard $(foreach depth,* */* */*/*,user/lib/include/$(depth).h)))
$(eval $(call flags_file,$(USER_FLAGS),$(CC) $(USER_CFLAGS) / $(USER_LDFLAGS) / $(USER_HEADERS)))

$(O)/user/objects/%.o: %.c $(USER_FLAGS) | tools
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(O)/user/objects/%.o: %.S $(USER_FLAGS) | tools
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

# Made afresh, so that a member whose source is gone does not stay.
define user_archive
$(1): $(2) $(USER_FLAGS)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@
	$$(Q)$$(AR) rcsD $$@ $(2)
endef
$(eval $(call user_archive,$(USER_LIB),$(USER_LIB_OBJECTS)))
$(foreach part,$(USER_PARTS),$(eval $(call user_archive,$(call user_part,$(part)),$(patsubst \
	%.c,$(O)/user/objects/%.o,$(wildcard user/lib/$(part)/*.c)))))

# The list changes only when a program comes or goes; then all are linked again.
$(PROGRAMS): FORCE
	@mkdir -p $(@D)
	@address=$$((0x10000000)); for name in $(USER_NAMES); do \
		printf '0x%x %s %s\n' $$address $$name $(O)/user/$$name.elf; \
		address=$$((address + 0x1000000)); \
	done > $@.$$$$; if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi

# $(call user_program,NAME): how NAME is linked. All of our library comes in before picolibc is
# searched, so that our functions stand in for its own of the same name (sbrk, _user_strerror); the
# linker leaves out again what nothing uses.
define user_program
$(call user_elf,$(1)): $(patsubst %,$(O)/user/objects/%.o,$(basename \
		$(wildcard user/$(1).c user/$(1)/*.c user/$(1)/*.S) \
		$(wildcard user/$(firstword $(subst /, ,$(1)))/lib/*.c))) \
		$(USER_LIB) $(USER_PART_ARCHIVES) $(PROGRAMS) user/link.ld $(USER_FLAGS)
	$(call say,LD,$(1))
	$(Q)mkdir -p $$(@D)
	$(Q)address=$$$$(awk '$$$$2 == "$(1)" { print $$$$1 }' $(PROGRAMS)) && \
		$(CC) $(USER_LDFLAGS) -Wl,--defsym=PROGRAM_BASE=$$$$address $$(filter %.o,$$^) \
		-Wl,--whole-archive $(USER_LIB) -Wl,--no-whole-archive $(USER_PART_ARCHIVES) -o $$@
endef
$(foreach name,$(USER_NAMES),$(eval $(call user_program,$(name))))

# The folder is laid out afresh each time, with modes, owners and times that depend on nothing, so
# that equal sources give an equal archive.
$(O)/initrd.cpio: $(USER_ELFS) $(USER_ETC) $(PROGRAMS) scripts/initrd | tools
	$(call say,CPIO,$@)
	$(Q)OBJCOPY=$(OBJCOPY) scripts/initrd $(PROGRAMS) $(O)/root $@ $(USER_ETC)

-include $(wildcard $(addprefix $(O)/user/objects/,kernel/*.d user/*/*.d user/*/*/*.d))
