"""octavo_kernel.py - processes, threads, spaces and free memory, from the kernel's structures."""
import gdb
import octavo_view

DIRECT_MAP = 0xFFFFFFC000000000  # kernel/riscv/layout.h
PAGE_BITS = 12


def expression(text):
    return gdb.parse_and_eval(text)


def tail_queue(head, link):
    """The elements of a TAILQ, whose links are the field `link`."""
    element = head["tqh_first"]
    while element != 0:
        yield element.dereference()
        element = element[link]["tqe_next"]


def tree(node, link):
    """The elements of an RB_TREE in order, from its root pointer."""
    if node != 0:
        yield from tree(node[link]["rbe_left"], link)
        yield node.dereference()
        yield from tree(node[link]["rbe_right"], link)


def processes():
    """All processes, zombies too, a parent before its children."""
    def family(process):
        yield process
        for child in tail_queue(process["children"], "sibling"):
            yield from family(child)

    yield from family(expression("'kernel/process.c'::init").dereference())


def find_process(pid):
    for process in processes():
        if int(process["pid"]) == pid:
            return process
    raise gdb.GdbError(f"there is no process {pid}")


def space_of(pid):
    space = find_process(pid)["space"]
    if space == 0:
        raise gdb.GdbError(f"process {pid} has ended: it has no address space any more")
    return space.dereference()


def space_root(pid):
    """(physical address of the root table, levels) of a process's space."""
    with octavo_view.kernel_mode():
        space = space_of(pid)
        levels = int(space["addresses"]["table"]["mode"]) + 1
        return int(space["pages"]["root"]) - DIRECT_MAP, levels


def text(characters):
    """A char array up to its zero, whatever stands behind it."""
    return characters.string(errors="replace")


class Processes(gdb.Command):
    """oct-ps: every process and thread, its state and what it waits for."""

    def __init__(self):
        super().__init__("oct-ps", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        with octavo_view.kernel_mode():
            running = [int(expression(f"harts[{index}].current"))
                       for index in range(int(expression("sizeof harts / sizeof harts[0]")))]
            print("  PID PARENT NAME          THREAD STATE    PRIO  PC")
            for process in processes():
                self.show(process, running)

    def show(self, process, running):
        parent = process["parent"]
        head = (f"{int(process['pid']):5} {int(parent['pid']) if parent != 0 else '-':>6} "
                f"{text(process['name']):13}")
        if process["ended"]:
            print(f"{head} ended, status {int(process['status']):#x}")
            return
        for thread in tail_queue(process["threads"], "sibling"):
            print(f"{head} {int(thread['number']):6} {self.state(thread, running):8} "
                  f"{int(thread['priority']):4}  {int(thread['registers']['pc']):#x}"
                  f"{self.waits_for(thread)}")
            head = " " * len(head)

    def state(self, thread, running):
        if int(thread.address) in running:
            return "running"
        return str(thread["state"]).removeprefix("THREAD_").lower()

    def waits_for(self, thread):
        state = str(thread["state"])
        if state == "THREAD_REPLY" and thread["server"] != 0:
            return f"  of process {int(thread['server']['pid'])}"
        if state in ("THREAD_CALLING", "THREAD_RECV"):
            return f"  at port {int(thread['port']):#x}"
        if state == "THREAD_EVENT":
            return f"  for event {int(thread['event']):#x}"
        if state == "THREAD_FUTEX":
            return f"  for the word at {int(thread['futex_address']):#x}"
        return ""


class Space(gdb.Command):
    """oct-space PID: the areas of a process's address space."""

    def __init__(self):
        super().__init__("oct-space", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        arguments = gdb.string_to_argv(argument)
        if len(arguments) != 1:
            raise gdb.GdbError(self.__doc__)
        with octavo_view.kernel_mode():
            space = space_of(int(arguments[0]))
            areas = space["addresses"]["areas"]
            print(f"{int(areas['count'])} areas, {int(areas['pages'])} pages, "
                  f"root table at physical {int(space['pages']['root']) - DIRECT_MAP:#x}")
            for area in tree(areas["tree"]["rbh_root"], "link"):
                self.show(area)

    def show(self, area):
        import octavo_paging
        start, pages = int(area["range"]["start"]["v"]), int(area["range"]["pages"])
        print(f"  {start << PAGE_BITS:#014x}-{start + pages << PAGE_BITS:#014x} "
              f"{octavo_paging.flags_text(int(area['flags']))} "
              f"{str(area['kind']).removeprefix('AREA_').lower():6} {pages:6} pages "
              f"from physical {int(area['first']['v']) << PAGE_BITS:#x}")


class Buddy(gdb.Command):
    """oct-buddy: free physical memory by the size of its blocks."""

    def __init__(self):
        super().__init__("oct-buddy", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        with octavo_view.kernel_mode():
            buddy = expression("'kernel/frame.c'::buddy")
            counts = [int(buddy["free_blocks"][order])
                      for order in range(buddy["free_blocks"].type.range()[1] + 1)]
            caches = expression("'kernel/frame.c'::hart_frames")
            cached = sum(int(caches[i]["cache"]["count"])
                         for i in range(caches.type.range()[1] + 1))
            counts[0] += cached
            free, managed = int(buddy["free_pages"]) + cached, int(buddy["managed_pages"])
        print("order  block size  blocks   pages")
        for order, count in enumerate(counts):
            if count:
                print(f"{order:5} {4 << order:8} KiB {count:7} {count << order:7}")
        print(f"{free} of {managed} pages are free")
        if sum(count << order for order, count in enumerate(counts)) != free:
            print("the blocks do not add up to the free pages: stopped inside the allocator?")


COMMANDS = (Processes, Space, Buddy)
