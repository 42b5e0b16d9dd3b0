/* help.c - what there is, in a page. */
#include "utility.h"

static const char usage[] = "usage: help\n"
                            "Says in a page what one can do here.\n";

static const char page[] =
    "Octavo: a shell, and programs in /bin. Each of them explains itself: NAME --help.\n"
    "\n"
    "  echo cat ls         print text, files, folders\n"
    "  ps, ps -w, ps -h    the processes; every thread, and whom it waits for; every hart\n"
    "  top                 who uses the harts, live (q quits)\n"
    "  kill PID            end a process\n"
    "  prio N, pin HARTS   run a command at another priority, on some harts only\n"
    "  pmap PID            its address space: mappings, pages, with -t the page table\n"
    "  free, vmstat        memory; how often pages were found, copied, shared\n"
    "  date uptime sleep   the calendar, the time since boot, waiting\n"
    "  uname               what machine this is\n"
    "  env true false pwd  the environment, two statuses, where you are\n"
    "  mount umount df     file systems: where they are seen, how full they are\n"
    "  clear               an empty screen\n"
    "  shutdown reboot     the end; Ctrl-a x ends QEMU itself\n"
    "\n"
    "The shell itself knows  cd exit export fg jobs pwd set unset wait : true false\n"
    "and  a; b   a & (background)   a && b   a || b   ! a   < > >> 2> 2>&1   $VAR   '' \"\" \\\n"
    "\n"
    "Keys: arrows and Home/End, Tab completes, Ctrl-C ends a program, Ctrl-D ends the input,\n"
    "Ctrl-T shows every thread and whom it waits for.\n";

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1)
        return utility_misuse(usage);
    fputs(page, stdout);
    return utility_finish("help", 0);
}
