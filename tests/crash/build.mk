# tests/crash/build.mk - what is left of a disk when the power goes (a part of tests/host/build.mk).
#
# Each tests/crash/test_*.c becomes a program with the store as it is, and one more for each planted
# fault, which the same program must find. A fault takes the place of functions of the store.

CRASH_TESTS   := $(patsubst tests/crash/%.c,%,$(wildcard tests/crash/test_*.c))
CRASH_FAULTS  := no_flush early_commit unordered
CRASH_WRAPPED_no_flush     := journal_flush
CRASH_WRAPPED_early_commit := journal_write_body journal_write_end
CRASH_WRAPPED_unordered    := store_write_contents store_end_transaction
CRASH_PROGRAMS := $(addprefix $(HOST)/,$(CRASH_TESTS) \
	$(foreach fault,$(CRASH_FAULTS),$(CRASH_TESTS:%=%_$(fault))))
# States that each sound program visits.
PYTHON ?= /usr/bin/python3
STATES ?= 50000

# $(call crash_program,TEST,PROGRAM,FAULT)
define crash_program
$(HOST)/$(2): $(HOST)/tests/crash/$(1).o $(HOST)/tests/crash/fault_$(3).o $(HOST)/libtested.a
	$$(call say,HOSTLD,$$@)
	$$(Q)$$(HOSTCC) $(HOST_SANITIZED) $(CRASH_WRAPPED_$(3):%=-Wl,--wrap=%) $$^ $(HOST_LIBS) -o $$@

-include $(HOST)/tests/crash/$(1).d $(HOST)/tests/crash/fault_$(3).d
endef
$(foreach test,$(CRASH_TESTS),$(eval $(call crash_program,$(test),$(test),none)) \
	$(foreach fault,$(CRASH_FAULTS),$(eval $(call crash_program,$(test),$(test)_$(fault),$(fault)))))

# For logs of real runs: build/host/crash_replay says how.
$(HOST)/crash_replay: $(HOST)/tests/crash/replay.o $(HOST)/libtested.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(HOST_SANITIZED) $^ $(HOST_LIBS) -o $@

-include $(HOST)/tests/crash/replay.d

.PHONY: crashtest crash-replay
crash-replay: $(HOST)/crash_replay ## build what judges a log of QEMU's blklogwrites
crashtest: $(CRASH_PROGRAMS) ## cut the power in STATES=50000 ways; each must leave a sound disk
	@$(HOST_STEADY) $(PYTHON) scripts/crashtest $(STATES) $^
