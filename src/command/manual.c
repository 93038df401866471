/* command/manual.c: what no table knows, signals and files, stands here as text. */

#include "command/manual.h"

#include <stdbool.h>
#include <stdio.h>

#include "command/command.h"
#include "core/config.h"
#include "core/version.h"

static const char opening[] =
    ".SH NAME\n"
    "quire \\- book\\-catalogue REST service\n"
    ".SH SYNOPSIS\n"
    ".B quire\n"
    ".I COMMAND\n"
    ".RI [ OPTION ]...\n"
    ".SH DESCRIPTION\n"
    "quire answers HTTP requests over FastCGI or CGI behind a web server, from SQLite, MySQL, MariaDB or PostgreSQL.\n"
    "A web server, spawn\\-fcgi or systemd starts it without a command: with a listening socket on standard input it\n"
    "serves FastCGI, and in the environment of a CGI program it answers that one request.\n"
    ".SH COMMANDS\n";

static const char settings_opening[] = ".SH SETTINGS\n"
                                       "A setting comes from the environment, else from the file\n"
                                       ".I .env\n"
                                       "in the working directory, which has lines\n"
                                       ".IR NAME = VALUE ,\n"
                                       "else it is the default.\n"
                                       ".B quire config\n"
                                       "prints what is in force.\n";

static const char closing[] =
    ".SH SIGNALS\n"
    "These are for the process that\n"
    ".B quire serve\n"
    "was started as.\n"
    ".TP\n"
    ".B SIGTERM\n"
    "The workers finish what they do, and all ends.\n"
    ".TP\n"
    ".B SIGHUP\n"
    "The workers are replaced one by one, with no request lost.\n"
    ".TP\n"
    ".B SIGUSR1\n"
    "The file of the log is opened again, after it was renamed.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I .env\n"
    "Settings, in the working directory.\n"
    ".TP\n"
    ".I ../share/quire/\n"
    "As seen from the program: migrations, the pages of /docs, and parts of web server configurations.\n"
    ".SH EXIT STATUS\n"
    "0: good; 1: it failed; 2: a wrong call or setting, with one line on standard error.\n"
    ".SH SEE ALSO\n"
    ".BR lighttpd (8),\n"
    ".BR spawn\\-fcgi (1),\n"
    ".BR systemd.socket (5)\n";

/* Text as roff takes it: a hyphen is a minus there, and a point or an apostrophe that starts a line a request. */
static void put_text(const char *text)
{
    bool starts = true;

    for (; *text; text++) {
        if (starts && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        starts = *text == '\n';
    }
}

static void write_option(const struct option *option)
{
    printf(".TP\n.B ");
    put_text(option->name);
    if (option->value) {
        printf(" \\fI");
        put_text(option->value);
        printf("\\fR");
    }
    putchar('\n');
    put_text(option->help);
    putchar('\n');
}

static void write_command(const struct command *command)
{
    printf(".SS quire ");
    put_text(command->name);
    if (command->operands) {
        putchar(' ');
        put_text(command->operands);
    }
    putchar('\n');
    put_text(command->summary);
    putchar('\n');
    for (const struct option *option = command->options; option && option->name; option++)
        write_option(option);
}

static void write_setting(const struct setting *setting)
{
    printf(".TP\n.B %s\n", setting->name);
    put_text(setting->help);
    printf(".\n");
    if (setting->type == SETTING_INTEGER)
        printf("From %lld to %lld.\n", (long long)setting->min, (long long)setting->max);
    printf("Default: ");
    put_text(*setting->standard ? setting->standard : "empty");
    if (setting->with_postgresql)
        printf("; with postgresql: %s", setting->with_postgresql);
    if (setting->installed)
        printf("; where that is not there,\n.I ../share/quire/%s\nas seen from the program", setting->installed);
    printf(".\n");
}

void manual_write(const struct command *const *all)
{
    printf(".TH QUIRE 1 \"\" \"quire %s\" \"User Commands\"\n%s", QUIRE_VERSION, opening);
    for (; *all; all++)
        write_command(*all);
    fputs(settings_opening, stdout);
    for (const struct setting *setting = settings; setting->name; setting++)
        write_setting(setting);
    fputs(closing, stdout);
}
