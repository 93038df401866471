#ifndef COMMAND_MANUAL_H
#define COMMAND_MANUAL_H

/* command/manual.h: the manual page quire(1), made from the tables of commands and settings: no list is kept twice. */

struct command;

/* Writes it on stdout, in the man macros of roff (man(7)). */
void manual_write(const struct command *const *all);

#endif
