#pragma once
/* inherited.h - what a program that was started by exec has from before. */

/* `-open NUMBER`: is the descriptor open; `-mask`: the mask of modes. -> the exit status. */
int tell_inherited(char *const *argument);
